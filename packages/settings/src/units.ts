const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const bytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  KiB: 1024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1_000_000_000,
  GiB: 1_073_741_824,
};

function scaled(text: string, units: Readonly<Record<string, number>>): number {
  const number = Number.parseInt(text, 10);
  return number * (units[text.replace(/^\d+/, '')] ?? 1);
}

/** Milliseconds of a duration that the schema let through: `500ms`, `2s`, `1m`, `1h`, `0`. */
export function durationMs(text: string): number {
  return scaled(text, milliseconds);
}

/** Bytes of a size that the schema let through: `64KiB`, `1MB`. */
export function sizeBytes(text: string): number {
  return scaled(text, bytes);
}
