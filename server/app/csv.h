// Comma-separated values (RFC 4180), for spreadsheets. Pure, thread-safe.
#ifndef RESULTGATE_APP_CSV_H_
#define RESULTGATE_APP_CSV_H_

#include <string>
#include <vector>

namespace resultgate::app {

// One line with its CR and LF. What a spreadsheet would take for a formula becomes text.
std::string CsvLine(const std::vector<std::string>& cells);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_CSV_H_
