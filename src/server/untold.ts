import { BehaviorSubject, filter, firstValueFrom } from 'rxjs';
import type { Window } from '../domain.ts';
import type { Broker } from '../ports.ts';

/** Counts the windows whose verdict is still to come, so that a server that ends can wait for them. */
export function countUntold(broker: Broker) {
  const none = new BehaviorSubject(0);
  broker.onVerdict(() => {
    none.next(none.value - 1);
  });
  return {
    broker: {
      ...broker,
      publishWindow(window: Window) {
        none.next(none.value + 1);
        broker.publishWindow(window);
      },
    },
    none: () => firstValueFrom(none.pipe(filter((count) => count <= 0))),
  };
}
