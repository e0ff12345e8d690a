import type { Findings } from './faults.ts';
import { readContent } from './media.ts';
import type { ResponseModel } from './model.ts';
import type { ParameterReader } from './parameters.ts';
import { followed, entriesOf, isObjectPlace, nameOf, type Reading } from './reading.ts';
import type { SchemaReader } from './schemas.ts';
import { locationOf, type Place, placeAt } from './sources.ts';

/** Reads the `responses` of operations; those that many operations share are read once. Faults here are warnings. */
export class ResponseReader {
  readonly #reading: Reading;
  readonly #parameters: ParameterReader;
  readonly #schemas: SchemaReader;
  readonly #findings: Findings;
  readonly #parts = new Map<string, Omit<ResponseModel, 'code'>>();

  /** @param findings - harmless ones */
  constructor(reading: Reading, parameters: ParameterReader, findings: Findings) {
    this.#reading = reading;
    this.#parameters = parameters;
    this.#schemas = reading.schemas.ofResponses();
    this.#findings = findings;
  }

  /** By code, as the document writes it; ranges in upper case. */
  read(operation: Place): ReadonlyMap<string, ResponseModel> {
    const responses = placeAt(operation, 'responses');
    const found = new Map<string, ResponseModel>();
    if (responses.value === undefined) {
      if (this.#reading.release === '3.0') {
        this.#findings.warn(operation, 'the operation has no "responses"; declare at least one code');
      }
      return found;
    }
    if (!isObjectPlace(responses)) {
      this.#findings.warn(responses, '"responses" is not an object; write codes in it, such as 200');
      return found;
    }
    for (const entry of entriesOf(responses)) {
      const written = nameOf(entry);
      if (written.startsWith('x-')) continue;
      const code = codeOf(written);
      if (code === undefined) {
        const mend = 'write a code such as 200, a range such as 4XX, or default';
        this.#findings.warn(entry, `"${written}" is no response code and is left out; ${mend}`);
        continue;
      }
      if (code !== written) this.#findings.warn(entry, `"${written}" is read as ${code}; write ${code}`);
      const response = followed(this.#reading, entry, this.#findings);
      found.set(code, Object.freeze({ code, ...this.#readShared(response ?? { ...entry, value: {} }) }));
    }
    if (found.size === 0) this.#findings.warn(responses, '"responses" names no code; declare at least one');
    return found;
  }

  #readShared(place: Place): Omit<ResponseModel, 'code'> {
    const key = locationOf(place);
    let part = this.#parts.get(key);
    if (part === undefined) {
      if (!isObjectPlace(place)) this.#findings.warn(place, 'the response is not an object; give it a "description"');
      part = {
        content: readContent(this.#reading, placeAt(place, 'content'), this.#schemas, this.#findings),
        headers: Object.freeze(this.#parameters.readHeaders(placeAt(place, 'headers'), this.#schemas, this.#findings)),
      };
      this.#parts.set(key, part);
    }
    return part;
  }
}

/** A code, a range in upper case, or `default`; `undefined` for anything else. */
function codeOf(written: string): string | undefined {
  if (written === 'default' || /^[1-5]\d\d$/.test(written)) return written;
  const upper = written.toUpperCase();
  return /^[1-5]XX$/.test(upper) ? upper : undefined;
}
