import { Document, isMap, isSeq } from 'yaml';
import type { Facts } from './facts.ts';

/** A file of claims as text: a point a line. */
export function claimFileText(file: Facts): string {
  const document = new Document(file, { aliasDuplicateObjects: false });
  const claims = document.get('claims');
  if (isSeq(claims)) {
    for (const claim of claims.items) {
      if (!isMap(claim)) continue;
      inOneLine(claim.get('points'));
      for (const key of ['workload', 'strategy', 'provenance']) {
        const map = claim.get(key, true);
        if (isMap(map)) map.flow = true;
      }
    }
  }
  inOneLine(document.get('left_out'));
  const hardware = document.get('hardware');
  if (isMap(hardware)) for (const { value } of hardware.items) if (isMap(value)) value.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Each entry of a list in a line of its own. */
function inOneLine(list: unknown): void {
  if (!isSeq(list)) return;
  for (const entry of list.items) if (isMap(entry)) entry.flow = true;
}
