import type { DeviceModel, LinkModel } from '../device.ts';
import { findDevice, findLink } from './index.ts';

/** Where models of devices and links come from: the catalog, or the catalog with some of its fits left out. */
export interface Catalog {
  /** @throws UserError that names the nearest valid id. */
  readonly device: (id: string) => DeviceModel;
  /** @throws UserError that names the nearest valid id. */
  readonly link: (id: string) => LinkModel;
}

/** The catalog as it is. */
export const CATALOG: Catalog = { device: findDevice, link: findLink };
