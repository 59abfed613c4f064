import { UserError } from '../base/errors.ts';
import { getOrMake } from '../base/get-or-make.ts';
import type { DeviceModel } from '../devices/device.ts';
import { type Profile, parseProfile } from '../devices/profile.ts';
import { calledInMessages, type Kind, readText } from './read-text.ts';

export { formatProfile, type Profile } from '../devices/profile.ts';

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

const known = new Map<string, Profile>();

/**
 * The device with the op times of the profile in a file, which is read once; itself where there is none.
 *
 * @throws UserError where the file is of a device of another kind.
 */
export function withProfile(model: DeviceModel, path: string | undefined): DeviceModel {
  if (path === undefined) return model;
  const profile = getOrMake(known, path, () => readProfile(path));
  const { kind, name } = profile.device;
  if (kind !== model.kind) {
    throw new UserError(
      `cluster.workers.profile: ${path} is of a ${kind} (${name}), but the workers compute on ${model.name}, a ${model.kind}`,
    );
  }
  return { ...model, profile };
}
