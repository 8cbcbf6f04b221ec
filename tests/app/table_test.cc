#include "server/app/table.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace resultgate::app {
namespace {

TEST(CellTest, IsCutByCharactersNotBytes) {
  struct Case {
    std::string text;
    size_t width;
    std::string cell;
  };
  const Case cases[] = {
      {"", 3, ""},     {"abc", 3, "abc"},     {"abcd", 3, "ab…"},      {"abcd", 1, "…"},
      {"abcd", 0, ""}, {"ñandú", 5, "ñandú"}, {"ñandúes", 5, "ñand…"}, {"日本語", 2, "日…"},
  };
  for (const Case& c : cases) EXPECT_EQ(Cell(c.text, c.width), c.cell) << c.text << " at " << c.width;
}

TEST(CellTest, NothingSteersTheTerminal) {
  EXPECT_EQ(Cell("a\x1b[2Jb\nc\td\x7f", 20), "a [2Jb c d ");
  EXPECT_EQ(Cell("a\xc2\x9b"
                 "b\xc2\xa0"
                 "c",
                 20),
            "a b\xc2\xa0"
            "c");
  EXPECT_EQ(Cell("broken \xff\xc2", 20), "broken \xff\xc2");
}

TEST(TableTest, ColumnsAreAsWideAsNeededAndEmptyOnesAreLeftOut) {
  Table table({{"ID", 5}, {"NOTHING", 9}, {"NAME", 6}, {"END", 9}});
  table.AddRow({"1", "", "año", "x"});
  table.AddLine("a line that is longer than all columns together");
  table.AddRow({"1234567", "", "abcdefgh", ""});
  EXPECT_EQ(table.ToString(),
            "ID     NAME    END\n"
            "-----  ------  ---\n"
            "1      año     x\n"
            "a line that is longer than all columns together\n"
            "1234…  abcde…\n");
}

TEST(TableTest, IsCutToTheTerminalTheWidestColumnFirst) {
  Table table({{"ID", 8}, {"RULE", 40}, {"WHY", 40}});
  table.AddRow({"1234567", "biopsy-review", "every biopsy waits for its clinician"});
  table.AddLine("a line over all columns is not cut, however long it is, because it is a sentence");
  const std::string whole = table.ToString();
  EXPECT_EQ(table.ToString(200), whole);
  EXPECT_EQ(table.ToString(60), whole) << "7 + 2 + 13 + 2 + 36 fit";
  EXPECT_EQ(table.ToString(59),
            "ID       RULE           WHY\n"
            "-------  -------------  -----------------------------------\n"
            "1234567  biopsy-review  every biopsy waits for its clinici…\n"
            "a line over all columns is not cut, however long it is, because it is a sentence\n");
  EXPECT_EQ(table.ToString(31),
            "ID       RULE        WHY\n"
            "-------  ----------  ----------\n"
            "1234567  biopsy-re…  every bio…\n"
            "a line over all columns is not cut, however long it is, because it is a sentence\n");
  EXPECT_EQ(table.ToString(1), table.ToString(27)) << "no column is cut to nothing";
}

TEST(TableTest, KnowsTheTerminalAndCutsForNothingElse) {
  const int before = dup(STDOUT_FILENO);
  const auto width_at = [before](int output) {
    fflush(stdout);
    dup2(output, STDOUT_FILENO);
    const size_t width = TerminalWidth();
    dup2(before, STDOUT_FILENO);
    return width;
  };
  const int controller = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(controller, 0);
  ASSERT_EQ(grantpt(controller), 0);
  ASSERT_EQ(unlockpt(controller), 0);
  const int terminal = open(ptsname(controller), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  winsize size = {};
  size.ws_col = 57;
  ASSERT_EQ(ioctl(terminal, TIOCSWINSZ, &size), 0);
  EXPECT_EQ(width_at(terminal), 57);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(width_at(ends[1]), 0);
  for (const int opened : {before, controller, terminal, ends[0], ends[1]}) close(opened);
}

TEST(TableTest, WithoutRowsThereIsNoHeading) {
  Table table({{"ID", 5}});
  EXPECT_EQ(table.ToString(), "");
  table.AddLine("refused");
  EXPECT_EQ(table.ToString(), "refused\n");
}

TEST(TableTest, RowsOfATableThatNeverEnds) {
  const Table table({{"SEQUENCE", 8}, {"KIND", 6}, {"WHAT", 4}});
  EXPECT_EQ(table.Heading(), "SEQUENCE  KIND    WHAT\n");
  EXPECT_EQ(table.Row({"1", "result", "abcdef"}), "1         result  abc…\n");
}

}  // namespace
}  // namespace resultgate::app
