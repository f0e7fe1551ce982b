/** `serve` in a process of its own. */
import { answer } from './child.ts';
import { serve } from './serve.ts';

await answer(serve);
