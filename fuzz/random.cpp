// sesscheck-random: the random traces of the properties and the audit, in this process, for measuring what they reach.
//
//   sesscheck-random COMMANDS [SEED]
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "check/generate.hpp"
#include "check/lockstep.hpp"
#include "fuzz/bounds.hpp"
#include "fuzz/trap.hpp"

sesscheck::fuzz::Bounds sesscheck::fuzz::target_bounds() { return {}; }

int main(int argc, char** argv) {
  const long wanted = argc > 1 ? std::atol(argv[1]) : 0;
  if (wanted <= 0) {
    std::fputs("usage: sesscheck-random COMMANDS [SEED]\n", stderr);
    return 2;
  }
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  long done = 0;
  for (std::uint64_t number = 0; done < wanted; ++number) {
    sesscheck::Random random(seed * 1'000'003 + number);
    const sesscheck::Trace trace = sesscheck::generate(random);
    sesscheck::fuzz::run_or_trap(trace);
    done += static_cast<long>(sesscheck::single_commands(trace));
  }
  std::printf("%ld commands compared, no difference\n", done);
}
