%% Open load: a process sends by a plan, whoever is behind; each message's latency is counted by who handles it.
-module(peer_open).
-export([load/3]).
-include("peer.hrl").

%% It takes so many times as long as other figures.
-define(OPEN_TIMES, 4).
%% So near to its time a message is waited for without a timer, which has milliseconds.
-define(SPIN_MS, 2).
%% Behind its plan by more than this, a message was not sent when it was planned.
-define(LATE_NS, 100000).
%% Latencies are told to three digits: each up to 999 ns, and 900 more for each further digit of a nanosecond's number.
-define(EXACT, 1000).
-define(PER_DIGIT, 900).
-define(DIGITS_MOST, 9).

%% So many messages a second, in turns to so many.
load(Actors, Rate, Time) ->
    peer_latch:alone(fun() -> paced(Actors, Rate, max(Rate * ?OPEN_TIMES * Time div 1000000000, 1)) end).

paced(Actors, Rate, Messages) ->
    Before = ?NOW,
    Pids = [spawn_opt(fun() ->
        Seen = counters:new(?EXACT + ?PER_DIGIT * ?DIGITS_MOST, []),
        record(Seen, Before, 0)
    end, [{message_queue_data, off_heap}]) || _ <- lists:seq(1, Actors)],
    Start = ?NOW + 1000000,
    Late = pace(list_to_tuple(Pids), Start, Rate, 0, Messages, 0),
    Took = ?NOW - Start,
    Recorded = peer_latch:told(Pids),
    Latency = [{latency(Place), Count} || Place <- lists:seq(0, ?EXACT + ?PER_DIGIT * ?DIGITS_MOST - 1),
               (Count = lists:sum([counters:get(Seen, Place + 1) || {Seen, _} <- Recorded])) > 0],
    Handled = lists:sum([Count || {_, Count} <- Latency]),
    Handled =:= Messages orelse
        throw({wrong, io_lib:format("messages from outside: ~b were to be, ~b are", [Messages, Handled])}),
    Disorder = lists:sum([Disordered || {_, Disordered} <- Recorded]),
    #{latency => Latency, sent => Messages, late => Late, took_ns => Took, disorder => Disorder}.

pace(_, _, _, Messages, Messages, Late) -> Late;
pace(Pids, Start, Rate, N, Messages, Late) ->
    Planned = Start + N * 1000000000 div Rate,
    Over = wait_until(Planned),
    element(N rem tuple_size(Pids) + 1, Pids) ! Planned,
    pace(Pids, Start, Rate, N + 1, Messages, if Over > ?LATE_NS -> Late + 1; true -> Late end).

%% Waits for the time, and lets others run meanwhile; gives by how many nanoseconds it is over.
wait_until(Planned) ->
    case ?NOW of
        Now when Now >= Planned -> Now - Planned;
        Now when Planned - Now > (?SPIN_MS + 1) * 1000000 ->
            receive after (Planned - Now) div 1000000 - ?SPIN_MS -> wait_until(Planned) end;
        _ ->
            erlang:yield(),
            wait_until(Planned)
    end.

record(Seen, Last, Disorder) ->
    receive
        {tell, Whom} -> Whom ! {self(), {Seen, Disorder}};
        Planned ->
            counters:add(Seen, bucket(?NOW - Planned) + 1, 1),
            record(Seen, Planned, if Planned < Last -> Disorder + 1; true -> Disorder end)
    end.

%% Where so many nanoseconds are counted, rounded to three digits: 999.5 and more is the next digit's first one.
bucket(Ns) when Ns < 1000 -> Ns;
bucket(Ns) when Ns < 10000 -> ?EXACT + (Ns + 5) div 10 - 100;
bucket(Ns) when Ns < 100000 -> ?EXACT + ?PER_DIGIT + (Ns + 50) div 100 - 100;
bucket(Ns) when Ns < 1000000 -> ?EXACT + 2 * ?PER_DIGIT + (Ns + 500) div 1000 - 100;
bucket(Ns) when Ns < 10000000 -> ?EXACT + 3 * ?PER_DIGIT + (Ns + 5000) div 10000 - 100;
bucket(Ns) when Ns < 100000000 -> ?EXACT + 4 * ?PER_DIGIT + (Ns + 50000) div 100000 - 100;
bucket(Ns) when Ns < 1000000000 -> ?EXACT + 5 * ?PER_DIGIT + (Ns + 500000) div 1000000 - 100;
bucket(Ns) when Ns < 10000000000 -> ?EXACT + 6 * ?PER_DIGIT + (Ns + 5000000) div 10000000 - 100;
bucket(Ns) when Ns < 100000000000 -> ?EXACT + 7 * ?PER_DIGIT + (Ns + 50000000) div 100000000 - 100;
bucket(_) -> ?EXACT + ?DIGITS_MOST * ?PER_DIGIT - 1.

latency(Place) when Place < ?EXACT -> Place;
latency(Place) -> ((Place - ?EXACT) rem ?PER_DIGIT + 100) * power((Place - ?EXACT) div ?PER_DIGIT + 1).

power(0) -> 1;
power(Digits) -> 10 * power(Digits - 1).
