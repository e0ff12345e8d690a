import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Contract, Operation } from '@flick/contract';
import { onTestFinished } from 'vitest';

/** An OpenAPI 3.1 document with these paths and other members. */
export function documentOf(paths: object, more: object = {}): object {
  return { openapi: '3.1.0', info: { title: 'Tests', version: '1' }, paths, ...more };
}

/** Answers that are no matter of a test. */
export const responses = { 200: { description: 'fine' } };

/** A document with one operation, `GET /things`. */
export function withOperation(operation: object, more: object = {}): object {
  return documentOf({ '/things': { get: { operationId: 'getThings', responses, ...operation } } }, more);
}

export function operationOf(contract: Contract, id = 'getThings'): Operation {
  const operation = contract.operations.find((each) => each.id === id);
  if (operation === undefined) throw new Error(`the contract has no operation "${id}"`);
  return operation;
}

/** The faults as short lines: `error /paths/...: message`. */
export function faultLines(contract: Contract): string[] {
  return contract.faults.map((fault) => `${fault.severity} ${fault.pointer}: ${fault.message}`);
}

/** A folder with files, gone when the test is. Returns its real path. */
export function folderWith(files: Readonly<Record<string, string | object>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'flick-contract-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}
