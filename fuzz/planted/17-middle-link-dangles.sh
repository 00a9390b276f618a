#!/usr/bin/env bash
# A session that is removed from the middle of the list stays linked from its neighbour.
# Use after free, some commands later; a crash, or another session's data.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c SSL_SESSION_list_remove \
  's->prev->next = s->next;' \
  ';'
