import pc from 'picocolors';

type Output = { readonly isTTY?: boolean };

/**
 * Colours for an output: on a terminal unless NO_COLOR asks for none or the terminal is a dumb one, elsewhere only where
 * FORCE_COLOR asks for them. (picocolors alone also colours what is piped wherever CI is set.)
 */
export function colorsFor(
  output: Output,
  { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv = process.env,
): ReturnType<typeof pc.createColors> {
  const forced = FORCE_COLOR !== undefined && !['', '0', 'false'].includes(FORCE_COLOR);
  const refused = NO_COLOR !== undefined && NO_COLOR !== '';
  return pc.createColors(!refused && (forced || (output.isTTY === true && TERM !== 'dumb')));
}
