import { type Profile, parseProfile } from '../devices/profile.ts';
import { calledInMessages, type Kind, readText } from './read-text.ts';

const PROFILE: Kind = {
  name: 'a profile',
  format: 'JSON in UTF-8',
  mostBytes: 64 * 2 ** 20,
  ending: /\.json$/,
};

/** The profile in a file. @throws UserError naming the file, the key and what was expected. */
export function readProfile(path: string): Profile {
  return parseProfile(readText(path, PROFILE), calledInMessages(path));
}
