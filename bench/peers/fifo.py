"""Runs a DAG written by bench/sim/dump.ts on SimPy: hosts and links are Resources that serve one activity at a time,
first come first served; a message goes over the sender's up-link, then over the receiver's down-link, whole.

    python3 fifo.py DAG     prints the makespan in simulated seconds and the CPU seconds of the simulation alone
"""
import array
import sys
import time

import simpy

with open(sys.argv[1], "rb") as file:
    count, edges, hosts, pairs, rate = array.array("d", file.read(40))
    count, edges, hosts, pairs = int(count), int(edges), int(hosts), int(pairs)
    amount = array.array("d", file.read(8 * count))

    def integers(length):
        return array.array("i", file.read(4 * length))

    is_transfer, subject = integers(count), integers(count)
    first, successor = integers(count + 1), integers(edges)
    source, target = integers(pairs), integers(pairs)

pending = array.array("i", bytes(4 * count))
for behind in successor:
    pending[behind] += 1

env = simpy.Environment()
host = [simpy.Resource(env, 1) for _ in range(hosts)]
up = [simpy.Resource(env, 1) for _ in range(hosts)]
down = [simpy.Resource(env, 1) for _ in range(hosts)]


def compute(activity):
    with host[subject[activity]].request() as turn:
        yield turn
        yield env.timeout(amount[activity])
    done(activity)


def transfer(activity):
    pair = subject[activity]
    seconds = amount[activity] / rate
    with up[source[pair]].request() as turn:
        yield turn
        yield env.timeout(seconds)
    with down[target[pair]].request() as turn:
        yield turn
        yield env.timeout(seconds)
    done(activity)


def start(activity):
    env.process(transfer(activity) if is_transfer[activity] else compute(activity))


finished = 0


def done(activity):
    global finished
    finished += 1
    for edge in range(first[activity], first[activity + 1]):
        behind = successor[edge]
        pending[behind] -= 1
        if pending[behind] == 0:
            start(behind)


began = time.process_time()
for activity in [activity for activity in range(count) if pending[activity] == 0]:
    start(activity)
env.run()
seconds = time.process_time() - began
assert finished == count, f"{finished} of {count} activities finished"
print(repr(env.now), seconds)
