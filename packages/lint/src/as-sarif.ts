import type { Finding, Report } from './finding.ts';
import { rules } from './rules.ts';

/**
 * Writes a report as SARIF 2.1.0 (OASIS), which code scanning reads.
 *
 * @param version - of Flick
 */
export function asSarif({ findings }: Report, version: string): string {
  const driver = {
    name: 'flick',
    version,
    rules: rules.map(({ id, title, meaning, mend, severity }) => ({
      id,
      shortDescription: { text: title },
      fullDescription: { text: meaning },
      help: { text: mend },
      defaultConfiguration: { level: severity },
    })),
  };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    // Columns count UTF-16 code units, as JavaScript counts text.
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results: findings.map(resultOf) }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function resultOf(finding: Finding): object {
  const { rule, severity, message, file, line, column, pointer, operation } = finding;
  const region = line === 0 ? {} : { region: { startLine: line, startColumn: column } };
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: severity,
    message: { text: operation === undefined ? message : `${operation}: ${message}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region },
        logicalLocations: [{ fullyQualifiedName: pointer, kind: 'member' }],
      },
    ],
    // The same finding stays the same when lines above it come and go.
    partialFingerprints: { 'flick/v1': `${rule} ${pointer}` },
  };
}

/** A path as a URI reference: each part percent-encoded, slashes forward. */
function uriOf(file: string): string {
  const uri = file.split(/[\\/]/).map(encodeURIComponent).join('/');
  return uri.startsWith('/') ? `file://${uri}` : uri;
}
