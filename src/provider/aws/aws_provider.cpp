#include "provider/aws/aws_provider.h"

namespace maestro::provider::aws {

Provider declare() {
  Provider provider;
  provider.id = "aws";
  provider.label = "AWS";
  provider.doc = "Amazon Web Services: one account by an access key, in chosen or all regions.";
  provider.icon = "icon-aws";
  provider.regions = {
      {"us-east-1", "N. Virginia"},
      {"us-east-2", "Ohio"},
      {"us-west-1", "N. California"},
      {"us-west-2", "Oregon"},
      {"af-south-1", "Cape Town"},
      {"ap-east-1", "Hong Kong"},
      {"ap-south-1", "Mumbai"},
      {"ap-south-2", "Hyderabad"},
      {"ap-southeast-1", "Singapore"},
      {"ap-southeast-2", "Sydney"},
      {"ap-southeast-3", "Jakarta"},
      {"ap-southeast-4", "Melbourne"},
      {"ap-southeast-5", "Malaysia"},
      {"ap-southeast-7", "Thailand"},
      {"ap-northeast-1", "Tokyo"},
      {"ap-northeast-2", "Seoul"},
      {"ap-northeast-3", "Osaka"},
      {"ca-central-1", "Central"},
      {"ca-west-1", "Calgary"},
      {"eu-central-1", "Frankfurt"},
      {"eu-central-2", "Zurich"},
      {"eu-west-1", "Ireland"},
      {"eu-west-2", "London"},
      {"eu-west-3", "Paris"},
      {"eu-north-1", "Stockholm"},
      {"eu-south-1", "Milan"},
      {"eu-south-2", "Spain"},
      {"il-central-1", "Tel Aviv"},
      {"me-central-1", "UAE"},
      {"me-south-1", "Bahrain"},
      {"mx-central-1", "Mexico"},
      {"sa-east-1", "Sao Paulo"},
      {"us-gov-east-1", "GovCloud East"},
      {"us-gov-west-1", "GovCloud West"},
      {"cn-north-1", "Beijing"},
      {"cn-northwest-1", "Ningxia"},
  };
  Method keys;
  keys.id = "iam_aws";
  keys.label = "IAM - Access and Secret key";
  keys.doc =
      "Make an IAM user for this server, give it the managed policy SecurityAudit (or only the permissions of the "
      "tasks "
      "that you want), and enter its access key.";
  keys.aliases = {"AWS", "iam"};
  keys.url = Method::Url::kOptional;
  keys.fields = {
      {.name = "access",
       .label = "Access key",
       .help = "Begins with AKIA, or with ASIA when it is temporary.",
       .placeholder = "AKIA...",
       .fallback = {},
       .options = {}},
      {.name = "secret",
       .label = "Secret key",
       .type = FormField::Type::kPassword,
       .secret = true,
       .help = {},
       .placeholder = {},
       .fallback = {},
       .options = {}},
      {.name = "session_token",
       .label = "Session token",
       .type = FormField::Type::kPassword,
       .secret = true,
       .required = false,
       .help = "Only with temporary credentials; they stop working when they expire.",
       .placeholder = {},
       .fallback = {},
       .options = {}},
      {.name = "url",
       .label = "Endpoint",
       .required = false,
       .help = "Only for services that speak the AWS API at another address; it is used for all services.",
       .placeholder = "https://aws.example.org",
       .fallback = {},
       .options = {},
       .in_credentials = false},
  };
  provider.methods = {std::move(keys)};
  return provider;
}

}  // namespace maestro::provider::aws
