import { expect, test } from 'vitest';
import { DeviceUseMeter } from '../../sim/device-use.ts';

test('a device computes, else communicates, else waits, and the three sum to all of the time', () => {
  const meter = new DeviceUseMeter(2);
  // Device 0:          0 … 1 nothing
  //                    1 … 3 a transfer
  //                    3 … 6 computing, with the transfer still under way until 5
  //                    6 … 7 nothing
  //                    7 … 10 two transfers, one until 8, the other until 10
  //                    10 … 12 nothing
  meter.addTransfer(0, 1, 1);
  meter.addOp(0, 3, 1);
  meter.addTransfer(0, 5, -1);
  meter.addOp(0, 6, -1);
  meter.addTransfer(0, 7, 1);
  meter.addTransfer(0, 7, 1);
  meter.addTransfer(0, 8, -1);
  meter.addTransfer(0, 10, -1);
  meter.close(12);
  expect([meter.compute[0], meter.communication[0], meter.waiting[0]]).toEqual([3, 2 + 3, 1 + 1 + 2]);
  // Device 1 does nothing.
  expect([meter.compute[1], meter.communication[1], meter.waiting[1]]).toEqual([0, 0, 12]);
});

test('what is under way at the end counts until then', () => {
  const meter = new DeviceUseMeter(2);
  meter.addOp(0, 2, 1);
  meter.addTransfer(1, 3, 1);
  meter.close(7);
  expect([...meter.compute]).toEqual([5, 0]);
  expect([...meter.communication]).toEqual([0, 4]);
  expect([...meter.waiting]).toEqual([2, 3]);
});
