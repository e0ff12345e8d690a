// Writes the JSON Schema of flick.yaml for editors. Build first; format afterwards.
import { writeFileSync } from 'node:fs';
import { configSchema } from '../dist/config-schema.js';

writeFileSync(new URL('../flick.schema.json', import.meta.url), `${JSON.stringify(configSchema, null, 2)}\n`);
