import type { OperationAnswer, OperationName, OperationRequest } from '../../protocol/api.ts';
import type { Caller } from './access.ts';

/** One call of an operation, checked: who calls, and with what. */
export type Call<K extends OperationName> = OperationRequest<K> & { readonly caller: Caller };

/** What carries an operation out. @throws UndertoneError what is to be answered instead. */
export type Handler<K extends OperationName> = (call: Call<K>) => Promise<OperationAnswer<K>> | OperationAnswer<K>;

/** Handlers of some operations. */
export type Handlers<K extends OperationName = OperationName> = { readonly [N in K]: Handler<N> };
