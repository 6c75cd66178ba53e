%% Two processes: one ball between them, one that sends and one that counts, one that asks another.
-module(peer_pairs).
-export([ping_pong/1, counting/1, ask/1]).
-include("peer.hrl").

ping_pong(Task) ->
    Me = self(),
    Trips = peer_task:each(Task),
    Ping = spawn(fun() ->
        Pong = peer_latch:heard(start),
        Count = serve(Pong, Trips, 0),
        Me ! {ended, {?NOW, Count}}
    end),
    Pong = spawn(fun() -> pong(Ping, 0) end),
    Began = ?NOW,
    Ping ! {start, Pong},
    {Ended, Pongs} = peer_latch:heard(ended),
    #iteration{began = Began, ended = Ended, counts = [Pongs | peer_latch:told([Pong])]}.

serve(_, 0, Count) -> Count;
serve(Pong, Left, Count) ->
    Pong ! ping,
    receive pong -> serve(Pong, Left - 1, Count + 1) end.

pong(Ping, Count) ->
    receive
        ping ->
            Ping ! pong,
            pong(Ping, Count + 1);
        {tell, Whom} -> Whom ! {self(), Count}
    end.

counting(#task{messages = Messages}) ->
    Me = self(),
    Counter = spawn_opt(fun() ->
        Total = count(Messages, 0),
        Me ! {ended, {?NOW, Total}}
    end, [{message_queue_data, off_heap}]),
    Producer = spawn(fun() -> increments(peer_latch:heard(start), Messages) end),
    Began = ?NOW,
    Producer ! {start, Counter},
    {Ended, Total} = peer_latch:heard(ended),
    #iteration{began = Began, ended = Ended, counts = [Total]}.

increments(_, 0) -> ok;
increments(Counter, Left) ->
    Counter ! increment,
    increments(Counter, Left - 1).

count(Messages, Messages) -> Messages;
count(Messages, Total) ->
    receive increment -> count(Messages, Total + 1) end.

ask(#task{messages = Messages}) ->
    Me = self(),
    Server = spawn(fun answer/0),
    Asker = spawn(fun() ->
        {Answers, Sum} = questions(peer_latch:heard(start), 0, Messages, 0),
        Me ! {ended, {?NOW, [Answers, Sum]}}
    end),
    Began = ?NOW,
    Asker ! {start, Server},
    {Ended, Counts} = peer_latch:heard(ended),
    Server ! stop,
    #iteration{began = Began, ended = Ended, counts = Counts}.

questions(_, Messages, Messages, Sum) -> {Messages, Sum};
questions(Server, N, Messages, Sum) -> questions(Server, N + 1, Messages, Sum + call(Server, N)).

%% The compiler sees that the answer cannot have come before the reference was made, and what waits already is not looked at.
call(Server, Question) ->
    Ref = make_ref(),
    Server ! {Ref, self(), Question},
    receive {Ref, Answer} -> Answer end.

answer() ->
    receive
        {Ref, From, Question} ->
            From ! {Ref, Question + 1},
            answer();
        stop -> ok
    end.
