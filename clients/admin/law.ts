/** Whether a role will be analysed, told while settings are being changed; the server decides (`src/core/trust/purpose.ts`). */
import type { OperationInput } from '../../src/protocol/api.ts';

type Settings = OperationInput<'saveSettings'>['body']['settings'];

/** People who depend on whoever runs the room: at work, in education, applying. */
const PROTECTED: ReadonlySet<Settings['roles'][string]> = new Set(['employee', 'student', 'candidate']);
/** Purposes that the law excepts, once there is a justification. */
const EXCEPTED: ReadonlySet<Settings['purpose']> = new Set(['medical', 'safety']);

/** Regulation (EU) 2024/1689, Article 5(1)(f), for a role that the settings name. */
export function isAnalysed(
  {
    purpose,
    jurisdiction,
    justification,
    roles,
  }: Pick<Settings, 'purpose' | 'jurisdiction' | 'justification' | 'roles'>,
  role: string,
): boolean {
  const kind = roles[role];
  if (jurisdiction !== 'eu' || kind === undefined || !PROTECTED.has(kind)) return true;
  return EXCEPTED.has(purpose) && justification !== null && justification.trim() !== '';
}
