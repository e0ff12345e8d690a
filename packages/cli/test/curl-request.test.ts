import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCurlRequest } from '../src/curl-request.ts';
import { splitShellWords } from '../src/shell-words.ts';
import { folderWith } from './temporary-folder.ts';

const url = 'http://api.test/tea';

function requestOf(line: string) {
  const { bytes, secure } = readCurlRequest(splitShellWords(line));
  const text = Buffer.from(bytes).toString();
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...fields] = text.slice(0, end).split('\r\n');
  return { start, fields, body: text.slice(end + 4), secure, text };
}

describe('a request in the words of curl', () => {
  it('is sent with the fields that curl sends of its own', () => {
    const { start, fields, body, secure } = requestOf(url);
    expect(start).toBe('GET /tea HTTP/1.1');
    expect(fields).toEqual(['Host: api.test', 'User-Agent: curl', 'Accept: */*']);
    expect([body, secure]).toEqual(['', false]);
  });

  it.each([
    [`-X DELETE ${url}`, 'DELETE /tea'],
    [`-XPATCH ${url}`, 'PATCH /tea'],
    [`--request PUT ${url}`, 'PUT /tea'],
    [`-I ${url}`, 'HEAD /tea'],
    [`-sSfLk -d a=b ${url}`, 'POST /tea'],
    [`-F a=b ${url}`, 'POST /tea'],
    [`-G -d a=b --data-urlencode 'c=d e' ${url}`, 'GET /tea?a=b&c=d%20e'],
    [`-G -d a=b '${url}?x=1'`, 'GET /tea?x=1&a=b'],
    [`--url-query 'q=ü' ${url}`, 'GET /tea?q=%C3%BC'],
    [`--url ${url}`, 'GET /tea'],
    ['api.test', 'GET /'],
    ['http://api.test?x', 'GET /?x'],
    ['http://api.test/a/../b/./c#part', 'GET /b/c'],
    ['--path-as-is http://api.test/a/../b', 'GET /a/../b'],
    ["'http://api.test/{id}%2F?a=[]'", 'GET /{id}%2F?a=[]'],
    [`-s -o /dev/null -w '%{http_code}' -m 5 --compressed ${url}`, 'GET /tea'],
  ])('%s is %s', (line, start) => {
    expect(requestOf(line).start).toBe(`${start} HTTP/1.1`);
  });

  it.each([
    [`-H 'X-A:  b' -H 'X-A: c' ${url}`, ['X-A: b', 'X-A: c']],
    [`-H 'X-Empty;' ${url}`, ['X-Empty:']],
    [`-u ada:secret ${url}`, ['Authorization: Basic YWRhOnNlY3JldA==']],
    ['http://ada:secret@api.test/tea', ['Authorization: Basic YWRhOnNlY3JldA==']],
    [`--oauth2-bearer t0ken ${url}`, ['Authorization: Bearer t0ken']],
    [`-b 'a=1; b=2' ${url}`, ['Cookie: a=1; b=2']],
    [`-A me -e http://x.test ${url}`, ['User-Agent: me', 'Referer: http://x.test']],
    [`--compressed ${url}`, ['Accept-Encoding: deflate, gzip, br']],
    [`-d a=b ${url}`, ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3']],
    [`--json '{}' ${url}`, ['Content-Type: application/json', 'Accept: application/json', 'Content-Length: 2']],
    [`-d '{}' -H 'content-type: application/json' ${url}`, ['content-type: application/json']],
    [`-H 'Host: other.test' ${url}`, ['Host: other.test']],
  ])('%s sends these fields', (line, due) => {
    const { fields } = requestOf(line);
    for (const field of due) expect(fields).toContain(field);
    const names = fields.map((field) => field.split(':')[0]?.toLowerCase());
    expect(names.filter((name) => name === 'content-type').length).toBeLessThan(2);
    expect(names.filter((name) => name === 'host')).toHaveLength(1);
  });

  it('leaves out the field that -H empties', () => {
    expect(requestOf(`-H 'Accept:' -H 'User-Agent:' ${url}`).fields).toEqual(['Host: api.test']);
  });

  it('joins several data, reads files, and drops their lines only where curl does', () => {
    const file = join(folderWith(), 'body.txt');
    writeFileSync(file, 'a\r\nb\n');
    expect(requestOf(`-d x=1 -d @${file} ${url}`).body).toBe('x=1&ab');
    expect(requestOf(`--data-binary @${file} ${url}`).body).toBe('a\r\nb\n');
    expect(requestOf(`--data-raw @${file} ${url}`).body).toBe(`@${file}`);
    expect(requestOf(`-T ${file} ${url}`)).toMatchObject({ start: 'PUT /tea HTTP/1.1', body: 'a\r\nb\n' });
  });

  it('writes a multipart body of -F, with types and file names', () => {
    const file = join(folderWith(), 'leaf.png');
    writeFileSync(file, 'PNG');
    const { fields, body } = requestOf(`-F kind=green -F 'leaf=@${file}' -F 'note={};type=application/json' ${url}`);
    const boundary = fields.join('\n').match(/boundary=(\S+)/)?.[1] ?? 'none';
    expect(body.split(`--${boundary}`).map((part) => part.trim())).toEqual([
      '',
      'Content-Disposition: form-data; name="kind"\r\n\r\ngreen',
      'Content-Disposition: form-data; name="leaf"; filename="leaf.png"\r\nContent-Type: image/png\r\n\r\nPNG',
      'Content-Disposition: form-data; name="note"\r\nContent-Type: application/json\r\n\r\n{}',
      '--',
    ]);
  });

  it('frames the body in chunks where -H says so', () => {
    const { fields, body } = requestOf(`-d hello -H 'Transfer-Encoding: chunked' ${url}`);
    expect(fields.join()).not.toContain('Content-Length');
    expect(body).toBe('5\r\nhello\r\n0\r\n\r\n');
  });

  it('travels over TLS where the URL says https', () => {
    expect(requestOf('https://api.test:443/tea')).toMatchObject({
      secure: true,
      fields: expect.arrayContaining(['Host: api.test']),
    });
  });

  it.each([
    ['-X POST', 'no URL'],
    [`${url} ${url}`, 'several URLs'],
    [`--reqest POST ${url}`, "curl's --reqest; did you mean"],
    [`-H ${url}`, 'no URL'],
    ['-X', 'lacks its value'],
    [`-d @/nowhere/at/all ${url}`, 'no such file'],
    [`-b cookies.txt ${url}`, 'file of cookies'],
    [`-F a=b -d c ${url}`, 'either -F or -d'],
    [`-H nothing ${url}`, 'no header'],
  ])('%s is a mistake that is told', (line, words) => {
    expect(() => requestOf(line)).toThrow(words);
  });
});
