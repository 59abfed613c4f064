/*
 * Attributes that stepcast adds to what it writes, so that its own files lose nothing when it reads them again. Other
 * programs skip them.
 */

/** Seconds; the format has whole microseconds only. */
export const EXACT_SECONDS = 'stepcast_seconds';
/** Bytes of a message that are no whole number. */
export const EXACT_BYTES = 'stepcast_bytes';
/** How many activities the node's stream computes at a time, where not 1. */
export const STREAM_WIDTH = 'stepcast_width';
/** Its seconds pass and occupy nothing. */
export const DELAY = 'stepcast_delay';
/** A send and its receive that only order two activities: no message. */
export const ORDER_ONLY = 'stepcast_order';
