#include "server/text/charset.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/utf8.h>

#include <memory>
#include <vector>

namespace resultgate::text {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

struct ConverterCloser {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, ConverterCloser>;

// Counts what cannot be read and puts U+FFFD there (ICU's own callback writes a control character for some sets).
void CountAndSubstitute(const void* context, UConverterToUnicodeArgs* args, const char*, int32_t, UConverterCallbackReason reason,
                        UErrorCode* code) {
  if (reason > UCNV_IRREGULAR) return;
  ++*const_cast<int*>(static_cast<const int*>(context));
  *code = U_ZERO_ERROR;
  const UChar replacement = 0xFFFD;
  ucnv_cbToUWriteUChars(args, &replacement, 1, 0, code);
}

Decoded DecodeUtf8(absl::string_view bytes) {
  Decoded result;
  result.utf8.reserve(bytes.size());
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const auto size = static_cast<int32_t>(bytes.size());
  for (int32_t i = 0; i < size;) {
    const int32_t start = i;
    UChar32 character;
    U8_NEXT(data, i, size, character);
    if (character < 0) {
      result.utf8.append(kReplacement.data(), kReplacement.size());
      ++result.replaced;
    } else {
      result.utf8.append(bytes.data() + start, i - start);
    }
  }
  return result;
}

}  // namespace

bool IsUtf8(absl::string_view bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const auto size = static_cast<int32_t>(bytes.size());
  for (int32_t i = 0; i < size;) {
    UChar32 character;
    U8_NEXT(data, i, size, character);
    if (character < 0) return false;
  }
  return true;
}

Decoded Decode(absl::string_view bytes, absl::string_view name) {
  if (name == "UTF-8") return DecodeUtf8(bytes);
  UErrorCode code = U_ZERO_ERROR;
  const std::string icu_name(name);
  const Converter from(icu_name.empty() ? nullptr : ucnv_open(icu_name.c_str(), &code));
  if (from == nullptr || U_FAILURE(code)) {
    Decoded result = DecodeUtf8(bytes);
    result.known = false;
    return result;
  }
  Decoded result;
  ucnv_setToUCallBack(from.get(), CountAndSubstitute, &result.replaced, nullptr, nullptr, &code);
  const Converter to(ucnv_open("UTF-8", &code));
  if (to == nullptr || U_FAILURE(code)) {
    result = DecodeUtf8(bytes);
    result.known = false;
    return result;
  }
  std::vector<UChar> pivot(4096);
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  const char* source = bytes.data();
  std::vector<char> buffer(16384);
  do {
    code = U_ZERO_ERROR;
    char* target = buffer.data();
    ucnv_convertEx(to.get(), from.get(), &target, buffer.data() + buffer.size(), &source, bytes.data() + bytes.size(),
                   pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(), /*reset=*/false, /*flush=*/true,
                   &code);
    result.utf8.append(buffer.data(), target - buffer.data());
  } while (code == U_BUFFER_OVERFLOW_ERROR);
  return result;
}

}  // namespace resultgate::text
