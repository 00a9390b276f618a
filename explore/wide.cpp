// Worlds with other commands than the session cache's own: sessions made and changed by hand, contexts that get other
// settings, tickets, TLS 1.3, connections that stay open. Fewer beginnings, wider alphabets.
#include "explore/presets.hpp"

namespace sesscheck::explore {
namespace {

struct Family {
  std::string_view name;
  std::string_view contexts, first, alphabet;
  bool session_ids = false;  ///< TLS 1.2 with session ids, one connection after the other
};

constexpr std::string_view with_tickets =
    "connect B A keep=h1\n"
    "connect B A offer=h1\n"
    "connect B A offer=h1 keep=h1\n"
    "configure A tickets=off\n"
    "configure A tickets=on\n"
    "configure B tickets=off\n"
    "configure A ticket-keys=k1\n"
    "configure A ticket-callback=known\n"
    "configure A ticket-callback=renews\n"
    "configure A ticket-callback=unknown\n"
    "configure A ticket-callback=issues-none\n"
    "configure A ticket-callback=fails\n"
    "configure A ems=off\n"
    "configure B ems=off\n"
    "configure A cipher=sha384\n"
    "configure B cipher=both\n"
    "set-timeout A 0\n"
    "set-id-context A \"b\"\n"
    "set-callbacks A new=0 get=copy0 remove\n"
    "serialise h1 h1\n"
    "advance 5s\n"
    "advance 9s\n"
    "flush A now\n";

constexpr std::string_view with_tls1_3 =
    "connect B A keep=h1\n"
    "connect B A offer=h1\n"
    "connect B A offer=h1 keep=h1\n"
    "connect B A offer=h1 early\n"
    "configure A tickets=off\n"
    "configure A num-tickets=0\n"
    "configure A early-data=on\n"
    "configure A anti-replay=off\n"
    "configure A ticket-keys=k1\n"
    "configure A ticket-callback=issues-none\n"
    "configure A groups=second\n"
    "configure A cipher=sha384\n"
    "configure B cipher=both\n"
    "configure A version-max=1.2\n"
    "configure A version-max=1.3\n"
    "configure B version-max=1.2\n"
    "configure B middlebox-compat=off\n"
    "set-mode A SERVER|NO_INTERNAL_LOOKUP\n"
    "answer A h2\n"
    "set-session-time h1 now+5\n"
    "set-session-timeout h1 1\n"
    "set-callbacks A new=0 get=copy0 remove\n"
    "set-id-context A \"b\"\n"
    "advance 5s\n"
    "advance 9s\n"
    "flush A now\n";

constexpr Family families[] = {
    {"sessions by hand",
     "context A timeout=2 mode=MODE size=2STORE\n"
     "context B timeout=9\n",
     "connect B A keep=h1 server-keep=h2\n",
     "connect B A offer=h1\n"
     "connect B A offer=h2\n"
     "connect A B offer=h1\n"
     "add A h2\n"
     "add A h3\n"
     "remove A h2\n"
     "remove A h3\n"
     "answer A h3\n"
     "dup h2 h3\n"
     "serialise h2 h3\n"
     "drop h2\n"
     "make h3 0\n"
     "make h3 1\n"
     "set-session-time h2 now+3\n"
     "set-session-time h2 0\n"
     "set-session-time h2 -1\n"
     "set-session-timeout h2 0\n"
     "set-session-timeout h2 -1\n"
     "set-session-timeout h2 9223372036854775807\n"
     "set-session-id-context h2 \"b\"\n"
     "advance 1s\n"
     "advance 2s\n"
     "flush A now\n"
     "flush A -1\n",
     true},
    {"other settings",
     "context A mode=MODESTORE\n"
     "context B mode=CLIENT\n",
     "connect B A keep=h1\n",
     "connect B A keep=h1\n"
     "connect B A offer=h1\n"
     "connect B A offer=h1 flights=1\n"
     "set-timeout A 0\n"
     "set-timeout A -1\n"
     "set-timeout A 2\n"
     "set-size A -1\n"
     "set-size A 1\n"
     "set-size A 2\n"
     "set-callbacks A\n"
     "set-callbacks A new=0 get=copy0 remove\n"
     "set-callbacks A new=1 get=copy1\n"
     "set-callbacks B new=0 remove\n"
     "set-verify-peer A on\n"
     "set-id-context A \"a\"\n"
     "set-id-context A \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
     "set-id-context A \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
     "set-id-context B \"b\"\n"
     "set-mode A OFF\n"
     "renew A\n"
     "renew B\n"
     "advance 0.5s\n"
     "advance 2s\n"
     "advance 300s\n"
     "flush A now\n",
     true},
    {"callbacks that call",
     "context A timeout=9 mode=MODE size=9STORE\n"
     "context B timeout=9\n",
     "connect B A\n"
     "connect B A server-keep=h1\n",
     "connect B A keep=h1\n"
     "connect B A offer=h1\n"
     "connect B A server-keep=h1\n"
     "set-callbacks A new=0 get=copy0 remove\n"
     "configure A new-calls=add\n"
     "configure A new-calls=flush\n"
     "configure A new-calls=mode-off\n"
     "configure A get-calls=add\n"
     "configure A get-calls=remove\n"
     "configure A remove-calls=add\n"
     "configure A remove-calls=remove\n"
     "configure A remove-calls=flush\n"
     "configure A generate-id=same\n"
     "configure A generate-id=short\n"
     "configure A generate-id=fails\n"
     "configure A not-resumable=on\n"
     "add A h1\n"
     "remove A h1\n"
     "set-size A 1\n"
     "advance 9s\n"
     "flush A now\n"
     "flush A 0\n"},
    {"tickets", "context A timeout=9 mode=MODE tickets=onSTORE\ncontext B timeout=9 mode=CLIENT tickets=on\n",
     "connect B A keep=h1\n", with_tickets},
    {"tickets that are renewed",
     "context A timeout=9 mode=MODE tickets=on ticket-callback=renewsSTORE\n"
     "context B timeout=9 mode=CLIENT tickets=on\n",
     "connect B A keep=h1\n", with_tickets},
    {"old tickets",
     "context A timeout=999999 mode=MODE tickets=onSTORE\n"
     "context B timeout=999999 tickets=on\n",
     "connect B A keep=h1\n",
     "connect B A keep=h1\n"
     "connect B A offer=h1\n"
     "configure A ticket-keys=k1\n"
     "configure A ticket-keys=own\n"
     "configure A ticket-callback=renews\n"
     "renew A\n"
     "advance 172799s\n"
     "advance 172800s\n"
     "advance 345600s\n"},
    {"TLS 1.3",
     "context A timeout=9 mode=MODE version-max=1.3 tickets=onSTORE\n"
     "context B timeout=9 version-max=1.3 tickets=on\n",
     "connect B A keep=h1\nconnect B A server-keep=h2\n", with_tls1_3},
    {"TLS 1.3 with session ids",
     "context A timeout=9 mode=MODE version-max=1.3STORE\n"
     "context B timeout=9 mode=CLIENT version-max=1.3\n",
     "connect B A keep=h1\nconnect B A server-keep=h2\n", with_tls1_3},
    {"ids",
     "context A timeout=9 mode=MODE version-min=1.0 generate-id=sameSTORE\n"
     "context B timeout=9 version-min=1.0\n",
     "connect B A keep=h1\n",
     "connect B A keep=h1\n"
     "connect B A offer=h1\n"
     "connect B A offer=h2\n"
     "configure A generate-id=library\n"
     "configure A generate-id=unique\n"
     "configure A generate-id=short\n"
     "configure A generate-id=empty\n"
     "configure A generate-id=too-long\n"
     "configure A generate-id=fails\n"
     "configure A not-resumable=on\n"
     "configure B version-max=1.0\n"
     "make h2 1\n"
     "add A h2\n"
     "remove A h1\n"
     "set-mode A OFF\n"
     "lose A\n"
     "advance 9s\n"
     "flush A now\n"},
    {"switches",
     "context A timeout=9 mode=MODE version-min=1.0 version-max=1.3STORE\n"
     "context B timeout=9 version-min=1.0\n"
     "context C timeout=9 id-context=\"c\"\n",
     "connect B A keep=h1\n",
     "connect B A keep=h1\n"
     "connect B A offer=h1\n"
     "connect B A offer=h1 id-context=\"b\"\n"
     "connect B C keep=h1\n"
     "connect B C offer=h1\n"
     "configure A server-name=C\n"
     "configure A client-hello=C\n"
     "configure B client-certificate=on\n"
     "configure B version-max=1.3\n"
     "configure B version-max=1.0\n"
     "configure A generate-id=same\n"
     "configure A tickets=on\n"
     "configure B tickets=on\n"
     "set-verify-peer A on\n"
     "set-verify-peer C on\n"
     "set-mode A OFF\n"
     "set-mode C OFF\n"
     "advance 9s\n"
     "flush A 0\n"},
    {"open connections",
     "context A timeout=9 mode=MODESTORE\n"
     "context B timeout=9 mode=CLIENT\n",
     "connect B A keep=h1\n"
     "open c1 B A\n"
     "deliver c1\n"
     "open c2 B A\n"
     "deliver c2 flights=1\n",
     "open c1 B A\n"
     "open c1 B A offer=h1\n"
     "deliver c1\n"
     "deliver c1 flights=1\n"
     "deliver c2\n"
     "offer c1 h1\n"
     "take c1 client h1\n"
     "take c1 server h2\n"
     "renegotiate c1 server\n"
     "renegotiate c1 client\n"
     "renegotiate c1 client abbreviated\n"
     "shut c1 server\n"
     "shut c1 client quiet\n"
     "shut c2 client\n"
     "garble c1 server\n"
     "garble c2 client\n"
     "hang-up c1 client\n"
     "hang-up c2 server\n"
     "clear c1\n"
     "clear c2\n"
     "close c1 client-end=none\n"
     "connect B A offer=h1\n"
     "add A h2\n"
     "remove A h1\n"
     "configure A generate-id=fails\n"
     "configure B transport=datagram\n"
     "configure A ignore-eof=on\n"
     "renew A\n"
     "advance 1s\n"
     "flush A 0\n"},
    {"DTLS",
     "context A timeout=9 mode=MODE transport=datagramSTORE\n"
     "context B timeout=9 transport=datagram\n",
     "connect B A keep=h1\n"
     "open c1 B A\n"
     "open c2 B A offer=h1\n"
     "deliver c2\n",
     "connect B A offer=h1\n"
     "open c1 B A offer=h1\n"
     "deliver c1\n"
     "deliver c1 flights=1\n"
     "deliver c2\n"
     "renegotiate c2 client\n"
     "renegotiate c2 client abbreviated\n"
     "renegotiate c2 server abbreviated\n"
     "garble c2 client\n"
     "hang-up c2 server\n"
     "clear c1\n"
     "clear c2\n"
     "close c2 client-end=none\n"
     "add A h1\n"
     "set-session-version h1 1.2\n"
     "configure A transport=stream\n"
     "configure B transport=stream\n"
     "configure A transport=datagram\n"
     "configure A tickets=on\n"
     "configure B tickets=on\n"
     "configure A generate-id=fails\n"
     "advance 1s\n"
     "flush A 0\n"},
    {"open connections of TLS 1.3",
     "context A timeout=9 mode=MODE version-max=1.3 tickets=on early-data=onSTORE\n"
     "context B timeout=9 version-max=1.3 tickets=on\n",
     "connect B A keep=h1\n"
     "open c1 B A\n"
     "deliver c1\n",
     "open c1 B A\n"
     "open c1 B A offer=h1\n"
     "open c1 B A offer=h1 early\n"
     "deliver c1\n"
     "deliver c1 flights=1\n"
     "deliver c1 flights=2\n"
     "take c1 client h1\n"
     "take c1 server h2\n"
     "new-ticket c1\n"
     "shut c1 server\n"
     "garble c1 server\n"
     "garble c1 client\n"
     "hang-up c1 client\n"
     "clear c1\n"
     "close c1 client-end=none\n"
     "connect B A offer=h1\n"
     "add A h2\n"
     "configure A tickets=off\n"
     "flush A 0\n"},
    {"refused early data",
     "context A timeout=9 mode=MODE version-max=1.3 early-data=onSTORE\n"
     "context B timeout=9 version-min=1.0 version-max=1.3\n",
     "connect B A keep=h1\n"
     "configure A early-data=off\n",
     "connect B A keep=h1\n"
     "connect B A offer=h1\n"
     "connect B A offer=h1 early\n"
     "configure A early-data=on\n"
     "configure A early-data=off\n"
     "configure A version-min=1.0\n"
     "configure A version-max=1.1\n"
     "set-id-context B \"b\"\n"
     "advance 9s\n"
     "flush A 0\n"},
    {"early data to a server of TLS 1.2",
     "context A timeout=9 mode=MODESTORE\n"
     "context B timeout=9 version-max=1.3\n"
     "context C timeout=9 version-max=1.3 early-data=on\n",
     "set-callbacks A get=copy1\n"
     "connect B A keep=h2\n"
     "connect B C keep=h1\n",
     "connect B A keep=h2\n"
     "connect B A offer=h1\n"
     "connect B A offer=h1 early\n"
     "connect B C keep=h1\n"
     "answer A h1\n"
     "answer A h2\n"
     "set-mode A SERVER|NO_INTERNAL_LOOKUP\n"
     "set-id-context A \"b\"\n"
     "configure C early-data=off\n"
     "advance 9s\n"
     "flush A 0\n"},
    {"TLS 1.3 with a long lifetime",
     "context A timeout=-1 mode=MODE version-max=1.3 tickets=onSTORE\n"
     "context B timeout=9 version-max=1.3 tickets=on\n",
     "connect B A keep=h1\n",
     "connect B A keep=h1\n"
     "connect B A offer=h1\n"
     "set-timeout A 9\n"
     "advance 9s\n"
     "flush A 0\n"},
};

constexpr std::string_view modes[] = {"SERVER", "BOTH|UPDATE_TIME"};
constexpr struct {
  std::string_view name, text;
} stores[] = {{"no store", ""}, {"references", " new=1 get=copy1 remove store=references"}};

// Back to the first state, but for what a store has.
constexpr std::string_view home =
    "close c1\n"
    "close c2\n"
    "drop h2\n"
    "drop h3\n"
    "renew A\n"
    "renew B\n"
    "lose A\n";

}  // namespace

void add_wide(std::vector<Start>& starts) {
  for (const Family& family : families)
    for (const std::string_view mode : modes)
      for (const auto& store : stores) {
        const auto filled = [&](std::string_view commands) {
          const std::string text = replaced(std::string(family.contexts) + std::string(commands), "MODE", mode);
          return read_start(replaced(text, "STORE", store.text));
        };
        Start& start = starts.emplace_back();
        start.name = std::string(family.name) + ", " + std::string(mode) + ", " + std::string(store.name);
        start.trace = filled(family.first);
        start.alphabet = filled(family.alphabet).commands;
        start.home = filled(std::string(home) + std::string(family.first)).commands;
        start.invariants = family.session_ids;
      }
}

}  // namespace sesscheck::explore
