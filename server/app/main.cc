#include "server/app/command.h"

int main(int argc, char** argv) {
  return resultgate::app::Main(argc, argv);
}
