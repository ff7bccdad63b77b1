#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <memory>

namespace maestro::crypto {
namespace {

constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;

unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string digest(const EVP_MD* kind, std::string_view data) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
  unsigned int length = 0;
  if (EVP_Digest(data.data(), data.size(), raw(out), &length, kind, nullptr) != 1) std::abort();
  return out;
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(raw(out), static_cast<int>(count)) != 1) std::abort();
  return out;
}

std::string sha256(std::string_view data) { return digest(EVP_sha256(), data); }
std::string sha1(std::string_view data) { return digest(EVP_sha1(), data); }

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::string out(32, '\0');
  unsigned int length = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(data), data.size(), raw(out), &length) ==
      nullptr)
    std::abort();
  return out;
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string seal(std::string_view key, std::string_view plain, std::string_view context) {
  if (key.size() != 32) std::abort();
  std::string out = random_bytes(kNonce);
  out.resize(kNonce + plain.size() + kTag);
  CipherContext ctx(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  const bool done =
      ctx && EVP_EncryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(out)) == 1 &&
      EVP_EncryptUpdate(ctx.get(), nullptr, &length, raw(context), static_cast<int>(context.size())) == 1 &&
      EVP_EncryptUpdate(ctx.get(), raw(out) + kNonce, &length, raw(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(ctx.get(), raw(out) + kNonce + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_GET_TAG, kTag, raw(out) + kNonce + plain.size()) == 1;
  if (!done) std::abort();
  return out;
}

Result<std::string> open(std::string_view key, std::string_view sealed, std::string_view context) {
  if (key.size() != 32) return internal("The encryption key has a wrong length");
  if (sealed.size() < kNonce + kTag) return invalid("The sealed value is too short");
  const std::size_t size = sealed.size() - kNonce - kTag;
  std::string out(size + 1, '\0');
  std::string tag(sealed.substr(kNonce + size));
  CipherContext ctx(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  const bool done =
      ctx && EVP_DecryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(sealed)) == 1 &&
      EVP_DecryptUpdate(ctx.get(), nullptr, &length, raw(context), static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(ctx.get(), raw(out), &length, raw(sealed) + kNonce, static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_SET_TAG, kTag, raw(tag)) == 1 &&
      EVP_DecryptFinal_ex(ctx.get(), raw(out) + length, &length) == 1;
  if (!done) return invalid("The sealed value cannot be opened with this key");
  out.resize(size);
  return out;
}

}  // namespace maestro::crypto
