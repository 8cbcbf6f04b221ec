# Writes OUTPUT, a C++ source that holds the bytes of FILES under their paths below SOURCE_ROOT or BINARY_ROOT (embedded.h).
set(arrays "")
set(table "")
set(number 0)
foreach(file IN LISTS FILES)
  string(REPLACE "${SOURCE_ROOT}/" "" name "${file}")
  string(REPLACE "${BINARY_ROOT}/" "" name "${name}")
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "const unsigned char kFile${number}[] = {\n${bytes}0};\n")
  string(APPEND table "    {\"${name}\", {reinterpret_cast<const char*>(kFile${number}), sizeof(kFile${number}) - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}.new" "// Written by embed.cmake.
#include \"server/policy/embedded.h\"

#include \"absl/strings/match.h\"

namespace resultgate::policy {
namespace {

${arrays}
struct File {
  absl::string_view name;
  absl::string_view bytes;
};
const File kFiles[] = {
${table}};

}  // namespace

absl::string_view Embedded(absl::string_view name) {
  for (const File& file : kFiles) {
    if (file.name == name) return file.bytes;
  }
  return \"\";
}

std::vector<absl::string_view> EmbeddedNames(absl::string_view prefix) {
  std::vector<absl::string_view> names;
  for (const File& file : kFiles) {
    if (absl::StartsWith(file.name, prefix)) names.push_back(file.name);
  }
  return names;
}

}  // namespace resultgate::policy
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
