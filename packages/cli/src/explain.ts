import { openWrittenRecords, readSettingsFile } from '@flick/settings';
import { StartFault } from '@flick/settings/start-fault';
import { readExplainArguments } from './explain-arguments.ts';
import { explainRecord } from './explain-record.ts';
import { explanationJson, explanationText } from './explanation-text.ts';

/**
 * Runs `flick explain`: says why a recorded request got its code, or which code a request would get that is never sent.
 *
 * @param words - the arguments after `explain`, as they came
 * @returns the exit code: 0 where the request was found, or would pass; 1 where it would be refused
 * @throws StartFault where there is nothing to explain
 */
export async function explain(words: readonly string[]): Promise<number> {
  const { asked, json, ...named } = readExplainArguments(words);
  const colour = process.stdout.isTTY && process.stdout.hasColors();
  if (asked.kind === 'id') {
    const reader = await openWrittenRecords(named.records, readSettingsFile(named.config));
    try {
      const records = await reader.get(asked.id);
      if (records.length === 0) throw new StartFault('no request of that id is among the records');
      const explanations = records.map(explainRecord);
      process.stdout.write(
        json
          ? `${JSON.stringify(explanations.map(explanationJson), null, 2)}\n`
          : explanations.map((each) => explanationText(each, colour)).join('\n\n'),
      );
      return 0;
    } finally {
      await reader.close();
    }
  }
  const { explainRequest } = await import('./explain-request.ts');
  const explanation = await explainRequest(asked.words, named);
  process.stdout.write(
    json ? `${JSON.stringify(explanationJson(explanation), null, 2)}\n` : explanationText(explanation, colour),
  );
  return explanation.refusal === undefined ? 0 : 1;
}
