// A system under test in a process of its own: a crash or a hang of the library costs a worker, never the run.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/library.hpp"
#include "sut/sut.hpp"

namespace sesscheck {

/// How long a worker may take for one trace before the library counts as hung: time that it computes or sleeps. That it
/// waits for a processor of a loaded machine does not count.
struct WorkerLimits {
  std::chrono::milliseconds trace{20'000};
  std::chrono::milliseconds command{20};  ///< more, for each single command (a connect of repeat n counts n times)
};

/// The library of the other contexts, where there are two: it has a worker of its own.
struct PeerLibrary {
  std::string libssl, libcrypto;  ///< as for WorkerSut
  Library library = Library::of_clients;  ///< which contexts are its own
};

/// Runs traces in a worker process, or in two. One object for each thread; any number of objects in a process.
///
/// The worker is started when it is first needed, and again after its death. Its executable is $SESSCHECK_WORKER, else
/// `sesscheck-worker` beside the running executable, else SESSCHECK_WORKER_PATH as compiled in.
/// The thread that starts a worker must outlive it (the worker dies with that thread); a worker found dead between two
/// traces for that reason is started again.
class WorkerSut final : public Sut {
 public:
  /// `libcrypto` may be empty: then it is the one that libssl asks for. Starts nothing yet, never throws SutError.
  WorkerSut(std::string libssl, std::string libcrypto, WorkerLimits limits = {}, const std::optional<PeerLibrary>& peer = {});
  /// Ends the worker, and waits for it (two seconds at most, then it is killed).
  ~WorkerSut() override;
  WorkerSut(const WorkerSut&) = delete;
  WorkerSut& operator=(const WorkerSut&) = delete;

  /// Starts a worker if none has run yet. Throws SutError. With a peer: "VERSION, with clients of VERSION".
  [[nodiscard]] std::string version() const override;
  [[nodiscard]] Lacks lacks() const override;

  /// When the library dies, `seen` is all that was complete before, and one observation more with status crashed or
  /// hung; a library that dies after the last command (in cleaning up) therefore gives one observation more than the
  /// trace has commands. Throws SutError when the worker cannot be started, or reports an error; the next run starts a
  /// new one.
  void run(const Trace& trace, std::vector<Observation>& seen) override;

  /// How the last worker that died did so, and the end of what it had written to stdout and stderr (16 KiB at most),
  /// such as a sanitizer's report. Of one that hung: in which command, and in which of the library's functions. Empty while none has died.
  [[nodiscard]] std::string last_words() const;

 private:
  struct Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace sesscheck
