/** `measure` in a process of its own: its memory is the encoder's, and no other network's threads are in it. */
import { answer } from './child.ts';
import { measure } from './measure.ts';

await answer(measure);
