/*
 * Runs a DAG written by bench/sim/dump.ts on SimGrid (3.32): hosts compute one activity at a time, first come first
 * served; transfers are max-min fair flows over the sender's up-link and the receiver's down-link.
 *
 *     fluid DAG     prints the makespan in simulated seconds, the CPU seconds of the simulation alone and peak memory
 *
 * Activities are made when they are ready and forgotten when they end: SimGrid walks the list of those that exist.
 * Flags: the plain fluid model, without TCP's window, slow start, header overhead or acknowledgements.
 */
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <string>
#include <vector>

#include <simgrid/s4u.hpp>
#include <xbt/log.h>

namespace sg4 = simgrid::s4u;

template <typename T> static std::vector<T> column(FILE *file, size_t length) {
  std::vector<T> values(length);
  if (fread(values.data(), sizeof(T), length, file) != length) exit(1);
  return values;
}

static double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

int main(int argc, char **argv) {
  xbt_log_control_set("root.thresh:warning");
  sg4::Engine engine(&argc, argv);
  for (const char *flag :
       {"network/model:CM02", "network/TCP-gamma:0", "network/bandwidth-factor:1", "network/latency-factor:1",
        "network/crosstraffic:0", "network/weight-S:0", "surf/precision:1e-9", "maxmin/precision:1e-9"}) {
    engine.set_config(flag);
  }

  FILE *file = fopen(argv[1], "rb");
  if (file == nullptr) return 1;
  const auto header = column<double>(file, 5);
  const size_t count = header[0], edges = header[1], hosts = header[2], pairs = header[3];
  const auto amount = column<double>(file, count);
  const auto is_transfer = column<int32_t>(file, count);
  const auto subject = column<int32_t>(file, count);
  const auto first = column<int32_t>(file, count + 1);
  const auto successor = column<int32_t>(file, edges);
  const auto source = column<int32_t>(file, pairs);
  const auto target = column<int32_t>(file, pairs);
  fclose(file);
  std::vector<int32_t> pending(count);
  for (int32_t behind : successor) pending[behind]++;

  auto *zone = sg4::create_full_zone("star");
  std::vector<sg4::Host *> host(hosts);
  std::vector<sg4::Link *> up(hosts), down(hosts);
  for (size_t i = 0; i < hosts; i++) {
    const std::string name = std::to_string(i);
    host[i] = zone->create_host("host" + name, 1.0);
    up[i] = zone->create_link("up" + name, header[4])->set_latency(0)->seal();
    down[i] = zone->create_link("down" + name, header[4])->set_latency(0)->seal();
  }
  for (size_t p = 0; p < pairs; p++) {
    zone->add_route(host[source[p]]->get_netpoint(), host[target[p]]->get_netpoint(), nullptr, nullptr,
                    {sg4::LinkInRoute(up[source[p]]), sg4::LinkInRoute(down[target[p]])}, false);
  }
  zone->seal();

  std::vector<std::deque<int32_t>> waiting(hosts);
  std::vector<bool> busy(hosts);
  size_t finished = 0;
  // The engine still touches an activity after telling that it has ended: the one before may go.
  std::vector<sg4::ActivityPtr> alive(count);
  int32_t ended_before = -1;

  auto compute = [&](int32_t activity) {
    auto exec = sg4::Exec::init();
    exec->set_flops_amount(amount[activity]);
    exec->set_host(host[subject[activity]]);
    exec->set_data(reinterpret_cast<void *>(static_cast<intptr_t>(activity)));
    alive[activity] = exec;
    exec->vetoable_start();
  };
  auto start = [&](int32_t activity) {
    const int32_t at = subject[activity];
    if (is_transfer[activity] != 0) {
      auto comm = sg4::Comm::sendto_init(host[source[at]], host[target[at]]);
      comm->set_payload_size(static_cast<uint64_t>(amount[activity]));
      comm->set_data(reinterpret_cast<void *>(static_cast<intptr_t>(activity)));
      alive[activity] = comm;
      comm->vetoable_start();
    } else if (busy[at]) {
      waiting[at].push_back(activity);
    } else {
      busy[at] = true;
      compute(activity);
    }
  };
  sg4::Activity::on_completion_cb([&](const sg4::Activity &ended) {
    const auto activity = static_cast<int32_t>(reinterpret_cast<intptr_t>(ended.get_data<void>()));
    finished++;
    if (ended_before != -1) alive[ended_before] = nullptr;
    ended_before = activity;
    for (int32_t edge = first[activity]; edge < first[activity + 1]; edge++) {
      if (--pending[successor[edge]] == 0) start(successor[edge]);
    }
    if (is_transfer[activity] != 0) return;
    auto &queue = waiting[subject[activity]];
    busy[subject[activity]] = !queue.empty();
    if (queue.empty()) return;
    const int32_t next = queue.front();
    queue.pop_front();
    compute(next);
  });

  const double began = cpu_seconds();
  std::vector<int32_t> ready;
  for (size_t i = 0; i < count; i++) {
    if (pending[i] == 0) ready.push_back(i);
  }
  for (int32_t activity : ready) start(activity);
  engine.run();
  const double seconds = cpu_seconds() - began;
  if (finished != count) return 1;
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("%.17g %.9g %ld\n", sg4::Engine::get_clock(), seconds, usage.ru_maxrss * 1024);
  return 0;
}
