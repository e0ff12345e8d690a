import { openFlick } from '@flick/gate/express';
import express from 'express';
import { addTeas } from './express-app.js';
import { settings } from './settings.js';

const flick = await openFlick(settings);
const app = express();
addTeas(app);
app.use(flick.errors);
const server = flick.createServer(app).listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
