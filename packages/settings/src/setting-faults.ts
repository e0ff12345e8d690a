import type { ConfigPath } from './config-file.ts';

/** Collects what is wrong with settings, so that all of it can be told in one go. */
export interface SettingFaults {
  readonly lines: readonly string[];
  /** Adds a fault of the file, at the value of that path. */
  readonly at: (path: ConfigPath, message: string) => undefined;
  /** Adds a fault of a flag, or one that has no place. */
  readonly add: (line: string) => undefined;
}

/** Makes an empty collection. `place` says where a value of the file stands, and how it is spoken of. */
export function createSettingFaults(place: (path: ConfigPath) => string): SettingFaults {
  const lines: string[] = [];
  const add = (line: string): undefined => {
    lines.push(line);
  };
  return { lines, add, at: (path, message) => add(`${place(path)}: ${message}`) };
}
