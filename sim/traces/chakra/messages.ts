import { UserError } from '../../../base/errors.ts';
import type { ActivityGraphBuilder } from '../../activity-graph.ts';
import { ORDER_ONLY } from './marks.ts';
import type { ChakraNode, ChakraTrace } from './schema.ts';
import { bytesOf, calledNode, sizeOf } from './work.ts';

/** One end of a message. */
interface End {
  readonly activity: number;
  readonly bytes: number;
  readonly node: ChakraNode;
  readonly file: string;
}

/** Pairs sends with receives: those of one sender, receiver and tag, in order. */
export class Messages {
  private readonly write: ActivityGraphBuilder;
  private readonly sent = new Map<string, End[]>();
  private readonly received = new Map<string, End[]>();

  constructor(write: ActivityGraphBuilder) {
    this.write = write;
  }

  /** Returns the transfer. */
  send(node: ChakraNode, { file }: ChakraTrace, rank: number, name: string): number {
    const to = sizeOf(node, file, 'comm_dst');
    const from = sizeOf(node, file, 'comm_src') ?? rank;
    if (from !== rank)
      throw new UserError(`${calledNode(node, file)}: rank ${rank} sends what is rank ${from}'s`);
    if (to === undefined) throw new UserError(`${calledNode(node, file)}: a send without comm_dst`);
    const bytes = bytesOf(node, file);
    const orderOnly = node.attributes.get(ORDER_ONLY) === true;
    const activity =
      orderOnly || to === rank ? this.write.join(name) : this.write.transfer(rank, to, bytes, name);
    endsOf(this.sent, from, to, node, file).push({ activity, bytes, node, file });
    return activity;
  }

  receive(node: ChakraNode, { file }: ChakraTrace, rank: number, activity: number): void {
    const from = sizeOf(node, file, 'comm_src');
    const to = sizeOf(node, file, 'comm_dst') ?? rank;
    if (to !== rank)
      throw new UserError(`${calledNode(node, file)}: rank ${rank} receives what is for rank ${to}`);
    if (from === undefined) throw new UserError(`${calledNode(node, file)}: a receive without comm_src`);
    endsOf(this.received, from, to, node, file).push({ activity, bytes: bytesOf(node, file), node, file });
  }

  /** @throws UserError where a message has one end only, or two sizes. */
  finish(): void {
    for (const [message, ends] of this.sent) {
      const others = this.received.get(message) ?? [];
      ends.forEach((end, k) => {
        const other = others[k];
        if (other === undefined) throw new UserError(`${calledNode(end.node, end.file)}: nobody receives it`);
        if (other.bytes !== end.bytes) {
          throw new UserError(
            `${calledNode(end.node, end.file)}: ${end.bytes} bytes are sent, but ${calledNode(other.node, other.file)} receives ${other.bytes}`,
          );
        }
        this.write.after(end.activity, other.activity);
      });
    }
    for (const [message, ends] of this.received) {
      const unsent = ends[this.sent.get(message)?.length ?? 0];
      if (unsent !== undefined)
        throw new UserError(`${calledNode(unsent.node, unsent.file)}: nobody sends it`);
    }
  }
}

/** The ends so far of messages with this sender, receiver and tag. */
function endsOf(ends: Map<string, End[]>, from: number, to: number, node: ChakraNode, file: string): End[] {
  const message = `${from} ${to} ${sizeOf(node, file, 'comm_tag') ?? 0}`;
  let list = ends.get(message);
  if (list === undefined) {
    list = [];
    ends.set(message, list);
  }
  return list;
}
