/** One sample of Prometheus' text format. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Reads Prometheus' text format, version 0.0.4, strictly: each sample's metric has a HELP and a TYPE before it, no
 * sample comes twice.
 *
 * @throws Error where a line is none of the format
 */
export function parseMetrics(text: string): readonly Sample[] {
  const typed = new Map<string, string>();
  const helped = new Set<string>();
  const seen = new Set<string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, kind, about = '', rest = ''] = /^# (HELP|TYPE) ([a-z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') helped.add(about);
    else if (kind === 'TYPE') typed.set(about, rest);
    else samples.push(sampleOf(line, typed, helped, seen));
  }
  return samples;
}

function sampleOf(
  line: string,
  typed: ReadonlyMap<string, string>,
  helped: ReadonlySet<string>,
  seen: Set<string>,
): Sample {
  const match = /^([a-z_:][\w:]*)(?:\{(.*)\})? (-?[\d.e+-]+|Nan|[+-]Inf)$/.exec(line);
  if (match === null) throw new Error(`no sample: ${line}`);
  const [, name = '', written = '', value] = match;
  const family = name.replace(/_(?:bucket|sum|count)$/, '');
  const type = typed.get(name) ?? typed.get(family);
  if (type === undefined || !(helped.has(name) || helped.has(family))) throw new Error(`no HELP or TYPE: ${line}`);
  const labels: Record<string, string> = {};
  const whole = written.replaceAll(/([a-z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g, (_, label: string, said: string) => {
    labels[label] = said;
    return '';
  });
  if (whole !== '') throw new Error(`no labels: ${line}`);
  const key = line.slice(0, line.lastIndexOf(' '));
  if (seen.has(key)) throw new Error(`twice: ${line}`);
  seen.add(key);
  return { name, labels, value: Number(value) };
}

/** The value of the one sample with that name and these labels; undefined where there is none. */
export function valueOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const fits = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([label, said]) => sample.labels[label] === said),
  );
  if (fits.length > 1) throw new Error(`${name}: ${fits.length} samples fit`);
  return fits[0]?.value;
}
