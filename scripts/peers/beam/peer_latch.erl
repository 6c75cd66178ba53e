%% How an iteration is done by a process of its own, and how it waits for the others.
-module(peer_latch).
-export([alone/1, here/1, all_here/1, heard/1, latch/1, count_down/2, counted/2, told/1]).
-include("peer.hrl").

%% Nothing that is measured takes so many milliseconds.
-define(LONGEST_MS, 120000).
%% So many neighbours share a counter of a latch.
-define(GROUP, 64).

%% What a process of its own makes of it: its heap goes with it. None of the processes that it made is left then.
alone(Measure) ->
    Before = erlang:system_info(process_count),
    Conduct = fun() ->
        exit(try {done, Measure()} catch throw:Spoiled -> {spoiled, Spoiled} end)
    end,
    {_, Ref} = spawn_opt(Conduct, [monitor, {message_queue_data, off_heap}]),
    receive
        {'DOWN', Ref, process, _, {done, Result}} -> ended(Before, ?NOW + ?LONGEST_MS * 1000000), Result;
        {'DOWN', Ref, process, _, {spoiled, Spoiled}} -> throw(Spoiled);
        {'DOWN', Ref, process, _, Reason} -> throw({failed, peer_answer:words(Reason)})
    end.

%% Those that have told all still have to end.
ended(Before, Until) ->
    case erlang:system_info(process_count) of
        Left when Left =< Before -> ok;
        Left ->
            ?NOW < Until orelse throw({wrong, io_lib:format("~b processes are left", [Left - Before])}),
            erlang:yield(),
            ended(Before, Until)
    end.

%% What a process does first: it is scheduled when it is made, and that is over before the clock starts.
here(Whom) -> Whom ! {here, ok}.

all_here(Count) -> lists:foreach(fun(_) -> heard(here) end, lists:seq(1, Count)).

%% What another tells with this word.
heard(Word) ->
    receive {Word, Told} -> Told
    after ?LONGEST_MS -> throw({wrong, io_lib:format("nothing after ~b s: a message is missing", [?LONGEST_MS div 1000])})
    end.

%% What many count down, once each; who made it is told when the last of them did. That is not what is measured: neighbours share a
%% counter, and only the last of them touches the one that all share, which is the first.
latch(Count) ->
    Groups = (Count + ?GROUP - 1) div ?GROUP,
    Counters = atomics:new(Groups + 1, []),
    atomics:put(Counters, 1, Groups),
    [atomics:put(Counters, Group + 2, min(?GROUP, Count - Group * ?GROUP)) || Group <- lists:seq(0, Groups - 1)],
    {Counters, self()}.

%% By their number, from 0.
count_down({Counters, Waiting}, Number) ->
    case atomics:sub_get(Counters, Number div ?GROUP + 2, 1) of
        0 ->
            case atomics:sub_get(Counters, 1, 1) of
                0 -> Waiting ! {ended, ?NOW}, ok;
                _ -> ok
            end;
        _ -> ok
    end.

%% How often one of this count was counted down: the count, where each has done so once. It is not in the latch, which each has a copy of.
counted({Counters, _}, Count) ->
    #{size := Size} = atomics:info(Counters),
    Count - lists:sum([atomics:get(Counters, Group) || Group <- lists:seq(2, Size)]).

%% What each of them counted, in this order: asked to tell it, they end.
told(Pids) ->
    [begin
         Pid ! {tell, self()},
         heard(Pid)
     end || Pid <- Pids].
