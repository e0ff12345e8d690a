import { writeFileSync } from 'node:fs';
import { ContractError } from '@flick/contract';
import {
  asAnnotations,
  asJson,
  asSarif,
  asText,
  fix,
  lint,
  LintFault,
  type LintSettings,
  type Report,
  severities,
  type Severity,
} from '@flick/lint';
import { readContractSource } from '@flick/settings';
import { StartFault, systemReason } from '@flick/settings/start-fault';
import { say } from './say.ts';

/** Flags of `flick lint`, as the command line gives them. */
export interface LintFlags {
  readonly config?: string;
  readonly codes?: string;
  readonly fix?: boolean;
  readonly ignore?: readonly string[];
  readonly failOn: Severity | 'never';
  readonly format: 'text' | 'json' | 'sarif' | 'github';
}

/**
 * Runs `flick lint`. With `--fix` the document is mended first, and what is left is reported.
 *
 * @param openapi - the OpenAPI document, where the command line names one
 * @param version - of Flick
 * @returns the exit code
 * @throws StartFault where the document cannot be read or written
 */
export function lintContract(openapi: string | undefined, flags: LintFlags, version: string): number {
  const { contract, settings, limits } = readContractSource(openapi, flags);
  const { ignore = [], failOn } = flags;
  const all: LintSettings = { contract: settings, ignore, ...(limits && { limits }) };
  try {
    if (flags.fix) mend(contract, all);
    const report = lint(contract, all);
    process.stdout.write(forms[flags.format](report, version));
    const grave = failOn === 'never' ? [] : severities.slice(0, severities.indexOf(failOn) + 1);
    return report.findings.some(({ severity }) => grave.includes(severity)) ? 1 : 0;
  } catch (error) {
    if (error instanceof ContractError || error instanceof LintFault) throw new StartFault(error.message);
    throw error;
  }
}

function mend(path: string, settings: LintSettings): void {
  const { text, mended, left } = fix(path, settings);
  if (mended.length > 0) {
    try {
      writeFileSync(path, text);
    } catch (error) {
      throw new StartFault(`${path}: cannot be written: ${systemReason(error)}`);
    }
  }
  say(
    `${path}: ${mended.length === 0 ? 'no' : mended.length} missing ${mended.length === 1 ? 'code' : 'codes'} written`,
  );
  for (const { finding, why } of left) {
    say(`${finding.file}:${finding.line}: ${finding.operation ?? ''}: ${finding.missing ?? ''} not written: ${why}`);
  }
}

const forms: Readonly<Record<LintFlags['format'], (report: Report, version: string) => string>> = {
  text: (report) => asText(report, process.stdout.isTTY && process.stdout.hasColors()),
  json: asJson,
  sarif: asSarif,
  github: asAnnotations,
};
