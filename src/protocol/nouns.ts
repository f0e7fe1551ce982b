/** What all messages are written with. */
import { z } from 'zod';

/** An instant. */
export const ms = z.number().describe('milliseconds since the Unix epoch, server clock');

/** What a room, and a participant that the server did not name, may be called. */
export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  .describe('1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit');
