#include "fuzz/feedback.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "model/trace/fields.hpp"

namespace sesscheck::fuzz {
namespace {

constexpr std::size_t op_count = static_cast<std::size_t>(Op::count);
constexpr std::size_t mode_classes = 64, fill_classes = 6, limit_classes = 5, distance_classes = 32,
                      cadence_classes = 12, stage_classes = 65, server_classes = 12;
constexpr std::size_t version_count = static_cast<std::size_t>(Version::dtls1_2) + 1, offer_classes = 1 + 4 * version_count;
constexpr std::size_t value_classes = 8;  // of a Setting: no one has more values

/// One byte for each thing that can happen; the engine clears them before each input.
struct Counters {
  std::uint8_t reason[reason_count];
  std::uint8_t together[reason_count][reason_count];  // two reasons in one step
  std::uint8_t after[reason_count][reason_count];     // a reason, and one of the step before
  std::uint8_t mode[op_count][mode_classes];
  std::uint8_t fill[op_count][fill_classes][limit_classes];
  std::uint8_t deadline[op_count][distance_classes];
  std::uint8_t cadence[2][cadence_classes];
  std::uint8_t stage[op_count][stage_classes];        // of the connection that a command is about
  std::uint8_t open[op_count][connections_max + 1];   // how many connections are open
  std::uint8_t setting[2][setting_count][value_classes];  // of a new connection's ends
  std::uint8_t hello[version_count][server_classes][offer_classes];
  std::uint8_t hint[distance_classes];                // from the end of an offered ticket's lifetime
};
#ifdef __AFL_COMPILER
Counters counters;
// AFL++ does not read that section: for it, a counter is an edge, with a place of its own in AFL++'s map.
std::uint32_t edges[sizeof(Counters)];
extern "C" void __sanitizer_cov_trace_pc_guard_init(std::uint32_t* begin, std::uint32_t* end);
extern "C" void __sanitizer_cov_trace_pc_guard(std::uint32_t* edge);
__attribute__((constructor)) void add_edges() { __sanitizer_cov_trace_pc_guard_init(edges, edges + sizeof(Counters)); }
#else
__attribute__((section("__libfuzzer_extra_counters"))) Counters counters;
#endif

/// The same for the whole process, for SESSCHECK_STATS.
struct Reached {
  std::bitset<reason_count> reasons;
  std::array<std::bitset<reason_count>, reason_count> after;
  std::uint64_t traces = 0, commands = 0, connections = 0;
} reached;

bool is_set(const char* name, const char* value) {
  const char* found = std::getenv(name);
  return found != nullptr && std::strcmp(found, value) == 0;
}

void print_reached() {
  std::size_t pairs = 0;
  for (const auto& row : reached.after) pairs += row.count();
  std::fprintf(stderr,
               "sesscheck: traces %llu, commands %llu, connections %llu, reasons %zu of %zu, pairs of reasons %zu\n",
               static_cast<unsigned long long>(reached.traces), static_cast<unsigned long long>(reached.commands),
               static_cast<unsigned long long>(reached.connections), reached.reasons.count(), reason_count, pairs);
}

/// Once is enough to be seen; how often is worth nothing to a search for sequences.
void mark(std::uint8_t& counter) {
#ifdef __AFL_COMPILER
  if (counter == 0) __sanitizer_cov_trace_pc_guard(&edges[&counter - reinterpret_cast<std::uint8_t*>(&counters)]);
#endif
  counter = 1;
}

// ---- classes of values

std::size_t mode_class(std::int64_t bits) {
  std::size_t out = static_cast<std::size_t>(bits & mode::both);
  if (bits & mode::no_auto_clear) out |= 4;
  if (bits & mode::no_internal_lookup) out |= 8;
  if (bits & mode::no_internal_store) out |= 16;
  if (bits & mode::update_time) out |= 32;
  return out;
}

std::size_t fill_class(std::size_t number) { return number < 4 ? number : number < 8 ? 4 : 5; }

std::size_t limit_class(std::size_t number, std::int64_t limit) {
  if (limit == 0) return 0;  // no limit
  const std::int64_t room = limit - static_cast<std::int64_t>(number);
  return room > 1 ? 1 : room == 1 ? 2 : room == 0 ? 3 : 4;
}

constexpr std::int64_t million = 1'000'000;

/// Microseconds: at it, within a second, a second, powers of four of seconds; before or after.
std::size_t distance_class(std::int64_t microseconds) {
  if (microseconds == 0) return 0;
  const auto size = static_cast<std::uint64_t>(microseconds < 0 ? -microseconds : microseconds);
  std::size_t out = 1;
  if (size == million)
    out = 2;
  else if (size > million)
    out = 3 + std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(size / million) - 1) / 2, 12);
  return out + (microseconds < 0 ? 16 : 0);
}

/// From `from` to the end of this session, in microseconds; what is beyond 30 years is 30 years.
std::int64_t distance(const Session& s, Moment from) {
  constexpr std::int64_t far = 1'000'000'000;
  std::int64_t seconds = 0;
  if (__builtin_add_overflow(s.time.seconds, s.timeout, &seconds) ||
      __builtin_sub_overflow(seconds, from.seconds, &seconds))
    seconds = far;
  return std::clamp(seconds, -far, far) * million + s.time.microseconds - from.microseconds;
}

std::size_t cadence_class(std::int64_t successes, std::int64_t period) {
  const auto left = static_cast<std::uint64_t>(period - successes % period);
  return static_cast<std::size_t>(std::bit_width(left));  // 1 to 9
}

/// Not open; or how far each end is, in a connection as usual, renegotiating, cleared or no longer to be used.
std::size_t stage_class(const Connection& c) {
  if (!c.open) return 0;
  const std::size_t kind = c.replaced ? 3 : c.renegotiating ? 2 : c.again ? 1 : 0;
  return 1 + (kind * 4 + static_cast<std::size_t>(c.client.state)) * 4 + static_cast<std::size_t>(c.server.state);
}

/// How a server gives out tickets: none, stateful ones, single ones; and to clients that do not want them.
std::size_t server_class(const Settings& server, const Settings& client) {
  const std::size_t early = !server.on(Setting::early_data) ? 0 : server.on(Setting::anti_replay) ? 2 : 1;
  return (early * 2 + server.on(Setting::tickets)) * 2 + client.on(Setting::tickets);
}

std::size_t offer_class(const World& world, SessionRef offered) {
  if (offered == no_session) return 0;
  const Session& s = world.sessions[offered];
  return 1 + (static_cast<std::size_t>(s.version) * 2 + (s.ticket != no_ticket)) * 2 + s.early_data;
}

/// Whether an Op begins a connection: it has two contexts and a session to offer.
bool begins(Op op) { return op == Op::connect || op == Op::open; }

/// Whether it is about a connection that may be open already.

}  // namespace

Feedback::Feedback() : on_(!is_set("SESSCHECK_FEEDBACK", "0")) { std::atexit(print_statistics); }

void Feedback::print_statistics() {
  if (is_set("SESSCHECK_STATS", "1")) print_reached();
}

void Feedback::before(const World& world, const Command& command) {
  if (begins(command.op)) ++reached.connections;
  if (!on_) return;
  const auto op = static_cast<std::size_t>(command.op);
  const Connection& connection = world.connections[command.connection];
  const bool goes_on = is_on_connection(command.op) && command.op != Op::open && connection.open;
  const Context& context =
      world.contexts[!goes_on ? command.context : (command.at_server ? connection.server : connection.client).context];
  mark(counters.mode[op][mode_class(context.mode)]);
  mark(counters.fill[op][fill_class(context.cache.size())][limit_class(context.cache.size(), context.size)]);

  // The nearest border: of the sessions in this cache, or of the one that is offered.
  Moment from = world.now;
  if (command.op == Op::flush && command.number.value != 0) from = {command.number.value, 0};
  if (command.op == Op::flush && command.number.from_now) from.seconds = world.now.seconds + command.number.value;
  std::int64_t nearest = std::numeric_limits<std::int64_t>::max();
  const auto look = [&](SessionRef ref) {
    const std::int64_t found = distance(world.sessions[ref], from);
    if (std::abs(found) < std::abs(nearest)) nearest = found;
  };
  if (begins(command.op)) {
    const SessionRef offered = world.held[command.slot];
    if (command.slot != 0 && offered != no_session) look(offered);
  } else {
    std::ranges::for_each(context.cache, look);
  }
  if (nearest != std::numeric_limits<std::int64_t>::max()) mark(counters.deadline[op][distance_class(nearest)]);

  if (begins(command.op) || command.op == Op::deliver) {
    const auto near = [&](const Context& c, Counter successes, std::size_t side) {
      const std::int64_t done = c.counters[static_cast<std::size_t>(successes)];
      if (done > 128) mark(counters.cadence[side][std::min(cadence_class(done, 255), cadence_class(done, 256))]);
    };
    near(world.contexts[goes_on ? connection.server.context : command.context], Counter::accept_good, 0);
    near(world.contexts[goes_on ? connection.client.context : command.client], Counter::connect_good, 1);
  }
  before_connection(world, command);
}

/// The state that connections, versions and tickets add.
void Feedback::before_connection(const World& world, const Command& command) {
  const auto op = static_cast<std::size_t>(command.op);
  const Connection& connection = world.connections[command.connection];
  if (is_on_connection(command.op)) mark(counters.stage[op][stage_class(connection)]);
  mark(counters.open[op][static_cast<std::size_t>(std::ranges::count(world.connections, true, &Connection::open))]);
  if (!begins(command.op)) return;

  const Settings &server = world.contexts[command.context].settings, &client = world.contexts[command.client].settings;
  for (std::size_t i = 0; i < setting_count; ++i) {
    mark(counters.setting[0][i][server[static_cast<Setting>(i)]]);
    mark(counters.setting[1][i][client[static_cast<Setting>(i)]]);
  }
  const SessionRef offered = world.held[command.slot];
  const auto version = static_cast<std::size_t>(std::min(server.highest(), client.highest()));
  mark(counters.hello[version][server_class(server, client)][offer_class(world, offered)]);
  if (offered == no_session || world.sessions[offered].ticket == no_ticket) return;
  Session ticket = world.sessions[offered];
  ticket.timeout = ticket.hint;
  mark(counters.hint[distance_class(distance(ticket, world.now))]);
}

void Feedback::begin_trace() {
#ifdef __AFL_COMPILER
  counters = {};  // no engine does
#endif
  previous_.reset();
  ++reached.traces;
}

void Feedback::after(const Because& because) {
  std::array<std::uint8_t, reason_count> now{};
  std::size_t number = 0;
  for (std::size_t r = 0; r < reason_count; ++r)
    if (because.reasons.test(r)) now[number++] = static_cast<std::uint8_t>(r);

  ++reached.commands;
  reached.reasons |= because.reasons;
  for (std::size_t i = 0; i < number; ++i) reached.after[now[i]] |= previous_;
  if (on_) {
    for (std::size_t i = 0; i < number; ++i) {
      mark(counters.reason[now[i]]);
      for (std::size_t j = i + 1; j < number; ++j) mark(counters.together[now[i]][now[j]]);
      for (std::size_t r = 0; r < reason_count; ++r)
        if (previous_.test(r)) mark(counters.after[now[i]][r]);
    }
  }
  if (number > 0) previous_ = because.reasons;  // a command that decides nothing stands between no two
}

}  // namespace sesscheck::fuzz
