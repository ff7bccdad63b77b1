#include "provider/openstack/openstack_provider.h"

namespace maestro::provider::openstack {

namespace {

FormField text_field(const char* name, const char* label, const char* help, const char* placeholder = "") {
  FormField field;
  field.name = name;
  field.label = label;
  field.help = help;
  field.placeholder = placeholder;
  return field;
}

FormField password_field(const char* name, const char* label) {
  FormField field;
  field.name = name;
  field.label = label;
  field.type = FormField::Type::kPassword;
  field.secret = true;
  return field;
}

FormField root(FormField field, bool required = true) {
  field.in_credentials = false;
  field.required = required;
  return field;
}

}  // namespace

Provider declare() {
  Provider provider;
  provider.id = "openstack";
  provider.label = "Openstack";
  provider.doc = "OpenStack: one project of a cloud that speaks Keystone v3 and Nova 2.1.";
  provider.icon = "icon-openstack";

  const FormField url = root(text_field("url", "Keystone URL", "Address of the identity service, with or without /v3.",
                                        "https://cloud.example.org:5000/v3"));
  Method password;
  password.id = "OpenStack";
  password.label = "Api";
  password.doc = "A user of the project with the reader role is enough.";
  password.aliases = {"Openstack", "Api", "password", "api_openstack"};
  password.url = Method::Url::kRequired;
  FormField version =
      root(text_field("api_version", "Identity API version", "3 for every cloud that is still maintained."), false);
  version.type = FormField::Type::kSelect;
  version.options = {"2", "3"};
  version.fallback = "3";
  password.fields = {
      text_field("username", "User name", ""),
      password_field("password", "Password"),
      version,
      url,
      root(text_field("project", "Project", "Id or name of the project whose resources are read.")),
      root(text_field("user_domain_id", "User domain", "Id or name of the user's domain; most often: default.",
                      "default")),
  };

  Method application;
  application.id = "application_credential";
  application.label = "Application credential";
  application.doc =
      "Make one with the reader role: openstack application credential create maestro --role reader. It can be revoked "
      "alone, "
      "and the user's password stays with the user.";
  application.aliases = {"v3applicationcredential", "app_credential"};
  application.url = Method::Url::kRequired;
  application.fields = {
      text_field("application_credential_id", "Id", ""),
      password_field("application_credential_secret", "Secret"),
      url,
  };
  provider.methods = {std::move(password), std::move(application)};
  return provider;
}

}  // namespace maestro::provider::openstack
