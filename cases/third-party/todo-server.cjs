// Runs LoopBack's to-do example on a free port, and prints its address as one line.
// Started in an empty folder: it keeps its data in ./data.
const { mkdirSync, writeFileSync } = require('node:fs');
const { TodoListApplication } = require('@loopback/example-todo');

async function main() {
  mkdirSync('data', { recursive: true });
  writeFileSync('data/db.json', '{"ids":{"Todo":1},"models":{"Todo":{}}}');
  const rest = { port: 0, host: '127.0.0.1', openApiSpec: { setServersFromRequest: false } };
  const app = new TodoListApplication({ rest });
  await app.boot();
  await app.start();
  process.stdout.write(`${app.restServer.url}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
