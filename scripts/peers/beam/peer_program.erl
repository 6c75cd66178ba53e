%% Processes of the BEAM, measured as throng's comparison measures every system of actors: bench/src/peers/program.rs says what is asked,
%% and what is answered.
-module(peer_program).
-export([start/0]).
-include("peer.hrl").

-define(NAME, "beam").
-define(HOW, "raw processes: spawn, ! and receive, messages without a tuple where an atom, a number or an address says all, an ask that is "
        "a fresh reference sent and waited for; heaps of 233 words, as by default, for all, idle ones too; message_queue_data off_heap "
        "for who is sent many, in counting, fork-join, fan-in and an open load; schedulers bound (+sbt db); an open load comes from a "
        "process, for which it yields while it waits").

%% More than these are a mistake.
-define(WORKERS_MOST, 1024).
-define(IDLE_MOST, 100000000).
-define(MS_MOST, 3600000).
%% Iterations of a row: no more are counted.
-define(ITERATIONS_MOST, 1000).
%% So many iterations are to fit into the time, for which there may be fewer messages in each: enough to see whether they drift.
-define(FITTING, 12).
%% With what it cannot count, making a ring for one, an iteration may take so many times as long as the time says.
-define(SLOWER, 8).
%% A part of the messages, to see how long all would take.
-define(PART, 64).
%% Idle actors made before what one takes is looked at: what is not per actor is there then.
-define(FIRST, 1000).

%% What is done in turns to wear the heap.
-define(MIXED, ["ping-pong:2:10000", "counting:2:100000", "fork-join:60:60000", "create:1:10000", "ring-shuffled:1000:10000",
                "big:120:24000", "fan-in:8:80000", "ask:2:10000"]).

start() ->
    os:set_signal(sigterm, default),
    Words = init:get_plain_arguments(),
    try orders(Words) of
        Orders ->
            io:put_chars([answered(Orders), $\n]),
            halt(0)
    catch
        throw:{usage, Why} ->
            io:put_chars(standard_error, [?NAME ": ", Why, $\n]),
            halt(2);
        _:Reason ->
            io:put_chars(standard_error, [?NAME ": ", peer_answer:words(Reason), $\n]),
            halt(1)
    end.

orders(Words) ->
    Got = io_lib:format("got \"~ts\": takes WORKERS IDLE USED_MS TIME_MS NAME:ACTORS:MESSAGES.., with 1 to ~b workers, up to ~b idle actors, "
                        "and up to ~b ms", [lists:flatten(lists:join(" ", Words)), ?WORKERS_MOST, ?IDLE_MOST, ?MS_MOST]),
    case Words of
        [Workers, Idle, Used, Time, _ | _] ->
            number(Workers, 1, ?WORKERS_MOST, Got),
            #{idle => number(Idle, 0, ?IDLE_MOST, Got), used => number(Used, 0, ?MS_MOST, Got) * 1000000,
              time => number(Time, 1, ?MS_MOST, Got) * 1000000, asked => [peer_task:parse(Text) || Text <- lists:nthtail(4, Words)]};
        _ -> throw({usage, Got})
    end.

number(Text, Least, Most, Got) ->
    case peer_task:digits(Text) of
        N when is_integer(N), N >= Least, N =< Most -> N;
        _ -> throw({usage, Got})
    end.

%% Measures all that is asked; after what has no figure nothing more is, as what is left of that would be beside it.
answered(#{asked := Asked} = Orders) ->
    {Rows, _} = lists:mapfoldl(fun(One, Spoiled) -> row(One, Spoiled, Orders) end, spoiled(fun() -> prepare(Orders) end), Asked),
    peer_answer:json(#{peer => ?NAME, version => peer_answer:version(), how => ?HOW, rows => Rows,
                       peak_bytes => peer_answer:kib("/proc/self/status", "VmHWM:")}).

%% What a measurement gave, or why there is nothing.
spoiled(Measure) ->
    try {ok, Measure()}
    catch
        throw:{wrong, Why} -> {spoiled, Why, true};
        throw:{failed, Why} -> {spoiled, Why, false};
        _:Reason -> {spoiled, peer_answer:words(Reason), false}
    end.

row(Asked, {ok, _}, Orders) ->
    Measured = spoiled(fun() -> measured(Asked, Orders) end),
    {written(Asked, Measured), Measured};
row(Asked, Spoiled, _) -> {written(Asked, Spoiled), Spoiled}.

written(Asked, Measured) ->
    Empty = #{asked => peer_task:text(Asked), ns => [], messages => 0, disorder => 0, bytes_per_actor => null, open => null, why => null,
              wrong => false},
    case Measured of
        {ok, Row} -> maps:merge(Empty, Row);
        {spoiled, Why, Wrong} -> Empty#{why := Why, wrong := Wrong}
    end.

%% Idle actors, and a heap that was used.
prepare(#{idle := Idle, used := Used}) ->
    [peer_creation:crowd(Idle) || Idle > 0],
    wear([peer_task:parse(Text) || Text <- ?MIXED], ?NOW + Used).

wear(Mixed, Until) ->
    case ?NOW < Until of
        true -> [once(Task) || Task <- Mixed], wear(Mixed, Until);
        false -> ok
    end.

measured({memory, Actors}, _) ->
    peer_creation:crowd(?FIRST),
    Before = peer_answer:pss(),
    peer_creation:crowd(Actors),
    #{messages => Actors, bytes_per_actor => max(0, peer_answer:pss() - Before) / Actors};
measured({open, Actors, Rate}, #{time := Time}) ->
    Opened = #{sent := Sent, disorder := Disorder} = peer_open:load(Actors, Rate, Time),
    in_order(Disorder),
    #{messages => Sent, disorder => Disorder, open => Opened};
measured(#task{} = Task, #{time := Time}) -> iterated(Task, Time).

%% A part of it to see how long all takes, all of it once, and then what counts. A crowd is made for what counts alone: its part has
%% warmed up what it runs.
iterated(#task{messages = Messages} = Whole, Time) ->
    Part = peer_task:part(Whole, ?PART),
    PerMessage = took(once(Part)) / Part#task.messages,
    Fitting = Time / ?FITTING / PerMessage,
    Task = if Fitting < Messages -> peer_task:with_messages(Whole, trunc(Fitting)); true -> Whole end,
    peer_task:is_crowd(Task) orelse once(Task),
    iterated(Task, Time, ?NOW, 0, [], 0).

iterated(Task, Time, Began, Measured, Ns, Disorder) ->
    More = Ns =:= [] orelse length(Ns) < ?ITERATIONS_MOST andalso Measured < Time andalso ?NOW - Began < ?SLOWER * Time,
    case More of
        true ->
            Iteration = once(Task),
            Took = took(Iteration),
            iterated(Task, Time, Began, Measured + Took, [Took | Ns], Disorder + Iteration#iteration.disorder);
        false -> #{ns => lists:reverse(Ns), messages => Task#task.messages, disorder => Disorder}
    end.

took(#iteration{began = Began, ended = Ended}) -> Ended - Began.

%% One iteration, looked at: what it counted, and in what order.
once(#task{work = Work} = Task) ->
    Iteration = peer_latch:alone(fun() -> run(Task) end),
    same(Work, 0, peer_task:counts(Task), Iteration#iteration.counts),
    took(Iteration) > 0 orelse throw({wrong, io_lib:format("~s: no time passed", [Work])}),
    in_order(Iteration#iteration.disorder),
    Iteration.

same(_, _, [], []) -> ok;
same(Work, At, [Count | Expected], [Count | Counted]) -> same(Work, At + 1, Expected, Counted);
same(Work, At, Expected, Counted) ->
    Words = [case Counts of [Count | _] -> integer_to_list(Count); [] -> "none" end || Counts <- [Expected, Counted]],
    throw({wrong, io_lib:format("~s: count ~b was to be ~s, it is ~s", [Work, At | Words])}).

in_order(0) -> ok;
in_order(Disorder) -> throw({wrong, io_lib:format("~b messages were overtaken, where order is promised", [Disorder])}).

run(#task{work = Work} = Task) ->
    case Work of
        'ping-pong' -> peer_pairs:ping_pong(Task);
        counting -> peer_pairs:counting(Task);
        ask -> peer_pairs:ask(Task);
        'fork-join' -> peer_crowds:fork_join(Task);
        'fan-in' -> peer_crowds:fan_in(Task);
        big -> peer_crowds:big(Task);
        create -> peer_creation:create(Task);
        ring -> peer_rings:ring(Task);
        'ring-shuffled' -> peer_rings:ring(Task)
    end.
