/**
 * The pages' content security policy forbids `eval`. The schema library would try it once and fall back, and every visit
 * would log a violation; this keeps it from trying. Import it before anything that parses a message.
 */
import { config } from 'zod';

config({ jitless: true });
