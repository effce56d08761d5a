// The pool and its teams: who works, how they meet, what happens when threads are scarce, and after fork().
#include "common/threads.h"

#include <sys/wait.h>
#include <unistd.h>

#include <numeric>
#include <thread>

#include "common/cpu_count.h"
#include "cpu/share.h"
#include "support.h"

namespace bardana::test {
namespace {

/// Members in turn add to what the others wrote before the barrier; any missed barrier changes the sum.
bool meets(Team& team, int rounds) {
  std::vector<int> cells(static_cast<size_t>(team.size()), 1);
  std::atomic<int> wrong = 0;
  team.run([&](Share share) {
    for (int round = 0; round < rounds; ++round) {
      const int sum = std::accumulate(cells.begin(), cells.end(), 0);
      wrong += sum != team.size() * (round + 1);
      team.barrier();
      ++cells[static_cast<size_t>(share.rank)];
      team.barrier();
    }
  });
  return wrong == 0;
}

}  // namespace

TEST_CASE("a team of every size works, meets at barriers and can be used again") {
  for (const int size : {1, 2, 3, 4, 7}) {
    set_thread_limit(size);
    Team team(100);
    CHECK(team.size() == size);
    for (int again = 0; again < 3; ++again) CHECK(meets(team, 200));
  }
  set_thread_limit(0);
}

TEST_CASE("a second team finds only what the first has left") {
  set_thread_limit(3);
  {
    Team first(3), second(3);
    CHECK(first.size() == 3);
    CHECK(second.size() == 1);
    CHECK(meets(first, 10));
    CHECK(meets(second, 10));
  }
  Team third(2), fourth(3);
  CHECK(third.size() == 2);
  CHECK(fourth.size() == 2);
  set_thread_limit(0);
}

TEST_CASE("many threads lease at once") {
  set_thread_limit(4);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int call = 0; call < 50; ++call) {
        Team team(3);
        wrong += !meets(team, 5);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
  set_thread_limit(0);
}

#ifndef __SANITIZE_THREAD__  // which cannot follow threads that are started after a fork of a threaded process
TEST_CASE("a forked child has a pool of its own, and a team made before the fork works alone") {
  set_thread_limit(3);
  Team team(3);
  REQUIRE(meets(team, 10));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20);
    team.run([](Share) {});
    bool right = team.size() == 1 && meets(team, 10);
    Team fresh(3);
    right = right && fresh.size() == 3 && meets(fresh, 100);
    _exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(meets(team, 10));
  CHECK(team.size() == 3);
  set_thread_limit(0);
}
#endif

TEST_CASE("limits outside 1 … 256 are refused") {
  CHECK_THROWS_AS(set_thread_limit(-1), std::invalid_argument);
  CHECK_THROWS_AS(set_thread_limit(257), std::invalid_argument);
  CHECK(thread_limit() >= 1);
  CHECK(available_cores() >= 1);
}

TEST_CASE("cuts cover everything once, in order, at allowed places") {
  for (const int64_t total : {0, 1, 7, 16, 48, 97, 1000}) {
    for (const int size : {1, 2, 3, 5, 64}) {
      int64_t at = 0, panel_at = 0;
      for (int rank = 0; rank < size; ++rank) {
        const cpu::Range range = cpu::cut(total, 16, {rank, size});
        CHECK(range.begin == at);
        CHECK((range.end % 16 == 0 || range.end == total));
        at = range.end;
        if (total == 0) continue;
        const cpu::Range stored = cpu::cut_panels(total, 113, {rank, size});
        CHECK(stored.begin == panel_at);
        CHECK(stored.end >= stored.begin);
        panel_at = stored.end;
      }
      CHECK(at == total);
      if (total > 0) CHECK(panel_at == panels_size(total, 113));
    }
  }
}

}  // namespace bardana::test
