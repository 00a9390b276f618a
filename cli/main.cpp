// sesscheck: what a TLS library's SSL_CTX session cache really does, and where that differs from its manual.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/verbs.hpp"
#include "sut/sut.hpp"

namespace {

using namespace sesscheck::cli;

constexpr const char* exit_codes =
    "Exit codes: 0 everything is as expected; 1 something differs from what was expected; 2 wrong usage or input;\n"
    "3 the library could not be run.";

constexpr std::int64_t most = std::int64_t{1} << 53;
const CLI::Range at_least_one(std::int64_t{1}, most, "1 or more"), none_or_more(std::int64_t{0}, most, "0 or more");

void add_library(CLI::App* verb, LibraryOptions& library) {
  verb->add_option("--lib", library.libssl, "libssl to run: a path, a name that the loader finds, a name of 'sesscheck libraries', or model:RULES, the model in its place")->capture_default_str();
  verb->add_option("--crypto", library.libcrypto, "its libcrypto, when libssl does not find the right one by itself");
}

void add_peer(CLI::App* verb, PeerOptions& peer) {
  auto* clients = verb->add_option("--client-lib", peer.clients, "the contexts B and D, clients in most traces, are of this library instead; as --lib");
  verb->add_option("--server-lib", peer.servers, "the contexts A and C, servers in most traces, are of this library instead; as --lib")->excludes(clients);
}

void add_rules(CLI::App* verb, const char* name, RulesOptions& rules, const char* what) {
  verb->add_option(name, rules.profile, what)->capture_default_str();
  verb->add_option("--rule", rules.changes, "change one Rule: name=value (repeatable; see 'sesscheck rules')");
}

void add_trace(CLI::App* verb, TraceVerb& options) {
  verb->add_option("FILE", options.file, "a trace file")->required();
  add_rules(verb, "--rules", options.rules, "Rules that the model follows: see 'sesscheck rules'");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"sesscheck: what a TLS library's SSL_CTX session cache really does, where that differs from its manual"};
  app.require_subcommand(1);
  app.footer(std::string("Example: sesscheck audit; then sesscheck replay report/latest/traces/capacity-one_less.trace --rules manual\n") +
             exit_codes);
  int result = as_expected;

  AuditVerb audit_options;
  auto* audit_verb = app.add_subcommand("audit", "Audit a library: random traces beside its Rules and beside the manual");
  audit_verb->footer(std::string(
      "Examples:\n"
      "  sesscheck audit                                          the installed libssl, report in report/latest\n"
      "  sesscheck audit --lib ./libssl.so.3 --seconds 600        another one, for ten minutes\n"
      "  sesscheck audit --write-baseline accepted.json --reason 'known in 3.0'\n"
      "  sesscheck audit --baseline accepted.json                 exit code 1 for what is not in it, or no longer there\n"
      "  sesscheck audit --lib model:openssl-3.0 --rule capacity=size    the model, changed, in place of a library\n\n"
      "The first Ctrl-C ends the comparing, and writes the report of what was done so far. See docs/auditing.md.\n") + exit_codes);
  add_library(audit_verb, audit_options.library);
  add_peer(audit_verb, audit_options.peer);
  add_rules(audit_verb, "--expect", audit_options.expected, "Rules that the library should follow: see 'sesscheck rules'; or with changes: manual,capacity=one_less");
  audit_verb->add_option("--seed", audit_options.seed, "seed of the random traces")->capture_default_str();
  audit_verb->add_option("--commands", audit_options.commands, "commands to compare, at least, with those of the corpus; 0: those alone")->capture_default_str()->check(none_or_more);
  audit_verb->add_option("--seconds", audit_options.seconds, "compare for so long instead (shrinking comes after that)");
  audit_verb->add_option("--baseline", audit_options.baseline, "file of accepted deviations: exit code 1 for others, and for those that are gone");
  audit_verb->add_option("--write-baseline", audit_options.write_baseline, "write all deviations found to this file");
  audit_verb->add_option("--reason", audit_options.reason, "with --write-baseline: why they are accepted")->needs("--write-baseline");
  audit_verb->add_option("--jobs", audit_options.jobs, "worker processes; 0 for one for each processor")->check(CLI::Range(0, 256))->capture_default_str();
  audit_verb->add_option("--out", audit_options.out, "folder for the reports; each run gets one of its own in it, and `latest` points to the last")->capture_default_str();
  audit_verb->callback([&] { result = audit(audit_options); });

  TraceVerb replay_options;
  auto* replay_verb = app.add_subcommand("replay", "Replay a trace: model beside library, the first difference marked, and why");
  replay_verb->footer(std::string("Example: sesscheck replay corpus/modes/off-still-resumes.trace --rules manual\n") + exit_codes);
  add_trace(replay_verb, replay_options);
  add_library(replay_verb, replay_options.library);
  add_peer(replay_verb, replay_options.peer);
  replay_verb->add_option("--c", replay_options.c_file, "write a C program that shows the difference to this file");
  replay_verb->callback([&] { result = replay(replay_options); });

  TraceVerb simulate_options;
  auto* simulate_verb = app.add_subcommand("simulate", "Run a trace on the model alone");
  simulate_verb->footer("Example: sesscheck simulate corpus/modes/off-still-resumes.trace --rules manual");
  add_trace(simulate_verb, simulate_options);
  simulate_verb->callback([&] { result = simulate(simulate_options); });

  CompareVerb compare_options;
  auto* compare_verb = app.add_subcommand("compare", "Compare two libraries: what the one does and the other does not, and which Rule says so");
  compare_verb->footer(
      "Examples:\n"
      "  sesscheck compare openssl-3.0 openssl-3.5 --html upgrade.html    what changes for me? after ./run libraries\n"
      "  sesscheck compare openssl-3.0 ./libssl.so.3 --write-baseline accepted.json --reason 'wanted'\n"
      "  sesscheck compare openssl-3.0 ./libssl.so.3 --baseline accepted.json\n\n"
      "Exit codes: 0 they do the same in all traces, or differ only in what the baseline accepts; 1 they differ;\n"
      "2 wrong usage or input; 3 one of them could not be run.");
  compare_verb->add_option("LIB_A", compare_options.first, "as --lib of audit: a path, a name of 'sesscheck libraries', or model:RULES")->required();
  compare_verb->add_option("LIB_B", compare_options.second, "the other one")->required();
  compare_verb->add_option("--seed", compare_options.seed, "seed of the random traces")->capture_default_str();
  compare_verb->add_option("--commands", compare_options.commands, "commands to compare, at least, after those of the corpus")->capture_default_str()->check(at_least_one);
  compare_verb->add_option("--jobs", compare_options.jobs, "worker processes for each; 0 for one for each processor")->check(CLI::Range(0, 256))->capture_default_str();
  compare_verb->add_option("--json", compare_options.json, "write all of it to this file");
  compare_verb->add_option("--html", compare_options.html, "write a page for the browser to this file");
  compare_verb->add_option("--baseline", compare_options.baseline, "file of accepted differences, as audit has it: exit code 1 for others, and for those that are gone");
  compare_verb->add_option("--write-baseline", compare_options.write_baseline, "write all differences that a Rule explains to this file");
  compare_verb->add_option("--reason", compare_options.reason, "with --write-baseline: why they are accepted");
  compare_verb->callback([&] { result = compare(compare_options); });

  IdentifyVerb identify_options;
  auto* identify_verb = app.add_subcommand("identify", "Find the Rules of a library by experiments: nothing is expected of it");
  identify_verb->footer(
      "Examples:\n"
      "  sesscheck identify ./libssl.so.3                         which release does it behave like, and where does it not?\n"
      "  sesscheck identify openssl-3.5 --json rules.json         one of ./run libraries\n"
      "  sesscheck identify model:openssl-3.0,capacity=size       the model, changed: it finds the change\n\n"
      "Exit codes: 0 it does what a known profile does; 1 it does not, or something that no Rule explains; 2 wrong usage or input;\n"
      "3 the library could not be run.");
  identify_verb->add_option("LIB", identify_options.library.libssl, "as --lib of audit: a path, a name of 'sesscheck libraries', or model:RULES")->required();
  identify_verb->add_option("--crypto", identify_options.library.libcrypto, "its libcrypto, when libssl does not find the right one by itself");
  identify_verb->add_option("--seed", identify_options.seed, "seed of the random traces")->capture_default_str();
  identify_verb->add_option("--commands", identify_options.commands, "commands of random traces to hold against what was found; 0: none")->capture_default_str();
  identify_verb->add_option("--jobs", identify_options.jobs, "worker processes for that; 0 for one for each processor")->check(CLI::Range(0, 256))->capture_default_str();
  identify_verb->add_option("--json", identify_options.json, "write all of it to this file");
  identify_verb->callback([&] { result = identify(identify_options); });

  MatrixVerb matrix_options;
  auto* matrix_verb = app.add_subcommand("matrix", "Audit several libraries: one page with clauses down and libraries across");
  matrix_verb->footer(
      "Examples:\n"
      "  sesscheck matrix                                         the installed one and those of ./run libraries\n"
      "  sesscheck matrix openssl-3.0 openssl-3.5 ./libssl.so.3 --out upgrade\n\n"
      "Writes matrix.html and matrix.json. Exit codes: 0 each does what is known of it; 1 one does not; 2 wrong usage or input;\n"
      "3 one could not be run.");
  matrix_verb->add_option("LIB", matrix_options.libraries, "as --lib of audit; none: all at hand");
  auto* reference = matrix_verb->add_option("--reference", matrix_options.reference, "the library whose clients each one meets besides, and whose servers each OpenSSL")->capture_default_str();
  matrix_verb->add_flag("--alone", matrix_options.alone, "none meets another one")->excludes(reference);
  matrix_verb->add_option("--seed", matrix_options.seed, "seed of the random traces")->capture_default_str();
  matrix_verb->add_option("--commands", matrix_options.commands, "commands to compare for each, at least")->capture_default_str()->check(CLI::PositiveNumber);
  matrix_verb->add_option("--jobs", matrix_options.jobs, "worker processes; 0 for one for each processor")->check(CLI::Range(0, 256))->capture_default_str();
  matrix_verb->add_option("--out", matrix_options.out, "folder for the page and the JSON")->capture_default_str();
  matrix_verb->callback([&] { result = matrix(matrix_options); });

  ExploreVerb explore_options;
  auto* explore_verb = app.add_subcommand("explore", "Explore every small world to its bound: what holds in all of them, and every transition on a library");
  explore_verb->footer(std::string(
      "Examples:\n"
      "  sesscheck explore                                   quick: the manual on the model, then the installed libssl beside its Rules\n"
      "  sesscheck explore --preset standard --json all.json\n"
      "  sesscheck explore --model --rules openssl-3.5 --depth 4     no library: which invariants hold\n"
      "  sesscheck explore --preset deep --shard 2/8 --journal deep-2.journal    continues where it was interrupted\n\n"
      "The first Ctrl-C ends it, and says what has been proved so far. See docs/explore.md.\n") + exit_codes);
  add_library(explore_verb, explore_options.library);
  add_rules(explore_verb, "--rules", explore_options.rules, "Rules that the library should follow: see 'sesscheck rules'");
  explore_verb->add_flag("--model", explore_options.model_only, "no library, and these Rules alone (manual, when none are given)");
  explore_verb->add_option("--preset", explore_options.preset, "quick, standard or deep")->capture_default_str();
  explore_verb->add_option("--depth", explore_options.depth, "commands after the first state, instead of the preset's")->check(CLI::Range(1, 40));
  explore_verb->add_option("--jobs", explore_options.jobs, "worlds at a time; 0 for one for each processor")->check(CLI::Range(0, 256))->capture_default_str();
  explore_verb->add_option("--shard", explore_options.shard, "i/n: every n-th world only, from the i-th on")->capture_default_str();
  explore_verb->add_option("--memory", explore_options.memory, "MiB for the states of the worlds in progress; larger worlds are gone through depth first")->check(CLI::Range(16, 1 << 20))->capture_default_str();
  explore_verb->add_option("--worlds", explore_options.worlds, "only worlds that have this in their name, as 'TLS 1.3' or 'both ends, OFF'");
  explore_verb->add_option("--journal", explore_options.journal, "file that keeps what came of each world; with it, an interrupted exploration continues");
  auto* bounds = explore_verb->add_flag("--bounds", explore_options.bounds, "no library: for each value of each Rule, the smallest bound at which it is seen (a table in Markdown)");
  explore_verb->add_flag("--pairs", explore_options.pairs, "no library: for each two profiles, the shortest trace that tells them apart")->excludes(bounds);
  explore_verb->add_option("--graph", explore_options.graph, "no library: write the states of one world to this file, for Graphviz (the world that --worlds names, or a small one made for it)");
  explore_verb->add_option("--json", explore_options.json, "write all of it to this file");
  explore_verb->callback([&] { result = explore(explore_options); });

  auto* libraries_verb = app.add_subcommand("libraries", "List the libraries that ./run libraries fetched: name, version, Rules, path");
  libraries_verb->callback([&] { result = libraries(); });

  auto* rules_verb = app.add_subcommand("rules", "List the Rules: what the manual and the libraries can differ in");
  rules_verb->footer("Example: sesscheck rules | grep -A3 ^capacity");
  rules_verb->callback([&] { result = rules(); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::fprintf(stderr, "sesscheck: %s; see 'sesscheck --help'\n", error.what());
    return wrong_usage;
  } catch (const sesscheck::SutError& error) {
    std::fprintf(stderr, "sesscheck: %s\n", error.what());
    return cannot_run;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sesscheck: %s\n", error.what());
    return wrong_usage;
  }
  return result;
}
