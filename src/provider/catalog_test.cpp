#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/original_form.h"
#include "provider/provider.h"
#include "provider/scripted_transport.h"

namespace maestro::provider {
namespace {

TEST(Catalog, FindsProvidersByIdLabelAndAnyCase) {
  for (const char* word : {"aws", "AWS", "Aws"}) ASSERT_NE(find_provider(word), nullptr) << word;
  for (const char* word : {"openstack", "Openstack", "OpenStack", "Open stack"})
    ASSERT_NE(find_provider(word), nullptr) << word;
  EXPECT_EQ(find_provider("azure"), nullptr);
  EXPECT_EQ(find_provider(""), nullptr);
}

TEST(Catalog, FindsMethodsByEveryStoredWord) {
  const Provider& openstack = *find_provider("openstack");
  for (const char* word : {"OpenStack", "Openstack", "openstack", "OPENSTACK", "Api"}) {
    const Method* method = find_method(openstack, word);
    ASSERT_NE(method, nullptr) << word;
    EXPECT_EQ(method->id, "OpenStack");
  }
  EXPECT_EQ(find_method(openstack, "application_credential")->id, "application_credential");
  EXPECT_EQ(find_method(openstack, "iam_aws"), nullptr);
  EXPECT_EQ(find_method(*find_provider("aws"), "iam_aws")->id, "iam_aws");
  EXPECT_EQ(find_method(*find_provider("aws"), "AWS")->id, "iam_aws");
}

TEST(Catalog, EveryFieldIsLabelledAndSecretsAreTypedAsPasswords) {
  for (const Provider& provider : providers()) {
    EXPECT_FALSE(provider.doc.empty()) << provider.id;
    EXPECT_FALSE(provider.methods.empty()) << provider.id;
    for (const Method& method : provider.methods) {
      EXPECT_FALSE(method.doc.empty()) << method.id;
      for (const FormField& field : method.fields) {
        EXPECT_FALSE(field.label.empty()) << method.id << " " << field.name;
        EXPECT_EQ(field.secret, field.type == FormField::Type::kPassword) << field.name;
        EXPECT_TRUE(!field.secret || field.in_credentials) << field.name;
      }
    }
  }
}

TEST(OriginalForm, SaysWhatTheOriginalsClientReads) {
  const json::Object form = original_form(*find_provider("AWS"));
  EXPECT_EQ(json::text_or(form, "label"), "AWS");
  EXPECT_EQ(json::text_or(form, "icon"), "icon-aws");
  EXPECT_EQ(json::write(form.at("method")), "[\"AWS Access Key(IAM)\"]");
  const json::Object& method = form.at("data").at(0).as_object();
  EXPECT_EQ(json::text_or(method, "service"), "iam_aws");
  const json::Value& shown = method.at("template");
  EXPECT_EQ(json::write(shown.at("dc")), "[true,true]");
  EXPECT_EQ(shown.at("conn").at(0).at("metas").at("name"), "access");
  EXPECT_EQ(shown.at("conn").at(1).at("metas").at("type"), "password");
  const json::Object openstack = original_form(*find_provider("Openstack"));
  EXPECT_EQ(json::text_or(openstack.at("data").at(0).as_object(), "service"), "OpenStack");
  std::string extra;
  for (const json::Value& field : openstack.at("data").at(0).at("template").at("extra").as_array())
    extra += std::string(field.at("metas").at("name").as_string()) + " ";
  EXPECT_EQ(extra, "api_version url project user_domain_id ");
}

TEST(OriginalForm, EveryTaskHasCommandsThatMakeSchedules) {
  const auto packs = Packs::load(embedded_packs(), "");
  ASSERT_TRUE(packs.ok());
  for (const Provider& provider : providers()) {
    const json::Object tasks = original_permissions(*packs, provider);
    EXPECT_EQ(tasks.size(), packs->tasks(provider.id).size());
    for (const auto& task : tasks) EXPECT_EQ(task.value().at(0).at("init_job"), true) << task.key();
  }
  const json::Object aws = original_permissions(*packs, *find_provider("aws"));
  EXPECT_EQ(aws.at("server-list").at(0).at("access"), "ec2");
  EXPECT_EQ(aws.at("server-list").at(0).at("call"), "describe_instances");
}

}  // namespace
}  // namespace maestro::provider
