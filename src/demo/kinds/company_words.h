// Words of the invented company's software: what systems, applications and clients are called.
#pragma once

#include "demo/kinds/rows.h"

namespace maestro::demo {

inline constexpr const char* kBusiness[] = {"shop",    "billing", "search", "orders",  "stock", "payments", "mail",
                                            "tickets", "catalog", "fraud",  "pricing", "maps",  "profiles", "reports"};
inline constexpr const char* kFirms[] = {"Northwind", "Contoso",   "Fabrikam", "Tailspin",  "Adventure",
                                         "Litware",   "Proseware", "Lucerne",  "Woodgrove", "Humongous"};
inline constexpr const char* kTrades[] = {"Retail", "Logistics", "Bank", "Media", "Energy", "Travel"};

/// What an application of a family runs, and which role of servers it runs on.
struct Family {
  const char* name;
  const char* code;      ///< in names
  const char* provider;  ///< of the catalogue of services; "" for one's own software
  const char* engine;
  const char* language;
  const char* server_role;  ///< code of demo servers; "" = on none
};
/// By index modulo their number, so that every size of estate has its share of each.
inline constexpr Family kFamilies[] = {
    {"Application", "app", "", "", "Java", "api"},
    {"Application", "web", "", "", "Node.js", "web"},
    {"Database", "pg", "PostgreSQL", "postgres", "", "db"},
    {"Application", "svc", "", "", "Go", "api"},
    {"Loadbalance", "lb", "Haproxy", "haproxy", "", "lb"},
    {"Application", "jobs", "", "", "Python", "worker"},
    {"Cache", "cache", "Redis", "redis", "", "cache"},
    {"Broker", "queue", "RabbitMq", "rabbitmq", "", "queue"},
    {"Application", "portal", "", "", "PHP", "web"},
    {"Database", "ora", "Oracle", "oracle", "", "db"},
    {"Serverless", "fn", "Lambda (AWS)", "", "Python", ""},
    {"Monitor", "mon", "Prometheus", "", "", "mon"},
    {"ObjectStorage", "files", "S3 (AWS)", "", "", ""},
    {"ApiGateway", "gw", "Kong", "", "", "api"},
    {"CI/CD", "ci", "Jenkins", "", "", "ci"},
    {"DNS", "dns", "Route53 (AWS)", "", "", ""},
};
inline constexpr std::int64_t kFamilyCount = std::size(kFamilies);

const Family& family_of(std::int64_t application);
std::string application_name(const Estate& estate, std::int64_t index);
std::string system_name(const Estate& estate, std::int64_t index);
std::string client_name(const Estate& estate, std::int64_t index);

/// {name, _id} of a document of another kind, with its family where it is an application.
json::Object link_to(const Estate& estate, const char* entity, std::int64_t index);
/// An application that runs on servers of a role; nullopt when no family does, or the estate has none.
std::optional<std::int64_t> application_on(const Estate& estate, std::string_view server_role, Random& random);

/// Tags as people enter them.
json::Array tags_of(std::initializer_list<std::pair<const char*, std::string>> pairs);

}  // namespace maestro::demo
