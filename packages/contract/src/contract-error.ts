/** A document that cannot be read at all, or settings that do not fit it. The message is one line and says the mend. */
export class ContractError extends Error {
  /** The file as the user named it. */
  readonly file: string;
  /** Counted from 1; 0 where unknown. */
  readonly line: number;
  readonly column: number;
  /** JSON pointer into the file. */
  readonly pointer: string;

  constructor(sentence: string, file: string, line = 0, column = 0, pointer = '') {
    const where = line > 0 ? `${file}:${String(line)}:${String(column)}` : file;
    super(`${where}: ${sentence.replaceAll(/\s+/g, ' ')}`);
    this.name = 'ContractError';
    this.file = file;
    this.line = line;
    this.column = column;
    this.pointer = pointer;
  }
}
