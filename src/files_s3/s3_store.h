// The FileStore of a service that speaks S3: Amazon's, or any other one under its own address.
#pragma once

#include <memory>
#include <string>

#include "files/files.h"
#include "provider/transport.h"

namespace maestro::files_s3 {

struct Bucket {
  std::string name;
  std::string access;
  std::string secret;
};

struct Options {
  Bucket public_bucket;
  Bucket private_bucket;
  std::string region = "us-east-1";
  /// http(s)://host[:port][/path] of an S3-compatible service, addressed path-style; empty = Amazon's.
  std::string endpoint = {};
  /// Canned ACL of public files; empty for buckets that allow none and are made public by a policy.
  std::string public_acl = "public-read";
  int upload_seconds = 60;  ///< how long a client may use a direct upload
};

/// kInvalid: the endpoint is no such address, or a bucket's name cannot be one. `transport` and `clock` must outlive
/// the store.
Result<std::unique_ptr<files::FileStore>> make_store(Options options, provider::Transport& transport,
                                                     const Clock& clock);

}  // namespace maestro::files_s3
