// Runs a fuzzer (LLVMFuzzerTestOneInput) without libFuzzer: over the files of its corpus, as a plain test does, and then, if
// asked, over mutations of them for a while.
//
//   yaml_fuzzer tests/fuzz/corpus/yaml
//   yaml_fuzzer --seconds 60 --seed 7 tests/fuzz/corpus/yaml
//
// What makes it crash, or takes longer than kSlow, is written to `crash-<seed>` in the current folder: add it to the corpus when
// it is mended.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kSlow(5);
constexpr size_t kLongestInput = 1 << 14;

// What is being run, for the signal handler, which may call nothing that allocates.
std::string current;
char crash_file[64];

void WriteCurrent() {
  const int file = open(crash_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) return;
  if (write(file, current.data(), current.size()) < 0) _exit(2);
  close(file);
}

void OnCrash(int number) {
  WriteCurrent();
  signal(number, SIG_DFL);
  raise(number);
}

void Run(std::string input) {
  current = std::move(input);
  const Clock::time_point start = Clock::now();
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current.data()), current.size());
  if (Clock::now() - start < kSlow) return;
  WriteCurrent();
  std::cerr << "an input of " << current.size() << " bytes took too long; see " << crash_file << "\n";
  std::exit(1);
}

std::vector<std::string> ReadCorpus(const std::vector<std::string>& folders) {
  std::vector<std::string> inputs;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      if (entry.is_regular_file()) inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  return inputs;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, unsigned seed) : corpus_(corpus), random_(seed) {}

  std::string Next() {
    std::string text = Pick(corpus_);
    for (size_t i = 1 + Below(6); i > 0; --i) Change(&text);
    if (text.size() > kLongestInput) text.resize(kLongestInput);
    return text;
  }

 private:
  size_t Below(size_t end) { return end == 0 ? 0 : random_() % end; }
  const std::string& Pick(const std::vector<std::string>& from) { return from[Below(from.size())]; }

  void Change(std::string* text) {
    // What means something to one of the readers.
    static const std::vector<std::string> kPieces = {":",       "- ",
                                                     "{",       "}",
                                                     "[",       "]",
                                                     "\"",      "'",
                                                     "\n",      "\n  ",
                                                     "|\n",     ">",
                                                     "#",       "&a ",
                                                     "*a",      "<<: ",
                                                     "!!str ",  "? ",
                                                     "---\n",   ",",
                                                     "\t",      "\\u0000",
                                                     "\\ud800", "\xef\xbb\xbf",
                                                     "\xff",    std::string(1, '\0'),
                                                     "1e999",   "-0",
                                                     "010",     "9999999999",
                                                     "null",    "true",
                                                     "~",       " days",
                                                     " h",      "business day",
                                                     "02-29",   "9999-12-31",
                                                     "Easter",  "366 days after ",
                                                     "last ",   "descendants: true"};
    const size_t at = Below(text->size() + 1);
    switch (Below(7)) {
      case 0:
        if (at < text->size()) (*text)[at] = static_cast<char>(random_());
        return;
      case 1:
        text->erase(at, 1 + Below(12));
        return;
      case 2:
        text->insert(at, Pick(kPieces));
        return;
      case 3: {  // a piece of another input
        const std::string& other = Pick(corpus_);
        const size_t from = Below(other.size() + 1);
        text->insert(at, other.substr(from, 1 + Below(80)));
        return;
      }
      case 4: {  // a line twice, or elsewhere
        const size_t begin = text->rfind('\n', at) == std::string::npos ? 0 : text->rfind('\n', at);
        const std::string line = text->substr(begin, text->find('\n', at) - begin);
        text->insert(Below(text->size() + 1), line);
        return;
      }
      case 5:
        if (at < text->size()) (*text)[at] = static_cast<char>((*text)[at] ^ (1 << Below(8)));
        return;
      default:
        text->resize(at);
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937 random_;
};

}  // namespace

int main(int argc, char** argv) {
  int seconds = 0;
  unsigned seed = 1;
  std::vector<std::string> folders;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--seconds" && i + 1 < argc) {
      seconds = std::atoi(argv[++i]);
    } else if (word == "--seed" && i + 1 < argc) {
      seed = static_cast<unsigned>(std::atoi(argv[++i]));
    } else {
      folders.push_back(word);
    }
  }
  const std::string name = "crash-" + std::to_string(seed);
  name.copy(crash_file, sizeof(crash_file) - 1);
  for (const int number : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS}) signal(number, OnCrash);
  const std::vector<std::string> corpus = ReadCorpus(folders);
  if (corpus.empty()) {
    std::cerr << "no inputs: name the folder of a corpus\n";
    return 2;
  }
  for (const std::string& input : corpus) Run(input);
  std::cout << corpus.size() << " inputs of the corpus";
  long executions = 0;
  Mutator mutator(corpus, seed);
  for (const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds); Clock::now() < end; ++executions)
    Run(mutator.Next());
  std::cout << ", " << executions << " mutations with seed " << seed << "\n";
  return 0;
}
