#include "cli/commands.h"

int main(int argc, char** argv) {
  return henge::cli::main_of(argc, argv);
}
